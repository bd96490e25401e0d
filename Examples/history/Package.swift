// swift-tools-version: 6.2

import PackageDescription

// A program outside of csmh's package that reads and writes the history of an Open edX site.
let package = Package(
  name: "history",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "csmh", path: "../..")],
  targets: [
    .executableTarget(
      name: "history",
      dependencies: [
        .product(name: "HistoryStores", package: "csmh"), .product(name: "StudentModuleHistory", package: "csmh"),
      ])
  ]
)
