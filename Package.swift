// swift-tools-version: 6.2

import Foundation
import PackageDescription

/// The compiler's settings of every target: one list, so that all floors of the house follow the same rules.
let swiftSettings: [SwiftSetting] =
  [
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0335-existential-any.md
    .enableUpcomingFeature("ExistentialAny"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0444-member-import-visibility.md
    .enableUpcomingFeature("MemberImportVisibility"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0409-access-level-on-imports.md
    .enableUpcomingFeature("InternalImportsByDefault"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0461-async-function-isolation.md
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  ]
  // Warnings are errors where nobody would read them.
  + (ProcessInfo.processInfo.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)])

let package = Package(
  name: "csmh",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "csmh", targets: ["csmh"]),
    .library(name: "MariaDBClient", targets: ["MariaDBClient"]),
    .library(name: "StudentModuleHistory", targets: ["StudentModuleHistory"]),
    .library(name: "HistoryStores", targets: ["HistoryStores"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    .systemLibrary(
      name: "CMariaDB", pkgConfig: "libmariadb", providers: [.apt(["libmariadb-dev"])]),
    .target(
      name: "MariaDBClient", dependencies: ["CMariaDB"],
      // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0458-strict-memory-safety.md
      swiftSettings: swiftSettings + [.strictMemorySafety()]),
    .target(
      name: "StudentModuleHistory",
      dependencies: [.product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: swiftSettings),
    .target(
      name: "HistoryStores",
      dependencies: [
        "MariaDBClient", "StudentModuleHistory", .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: swiftSettings),
    .target(
      name: "LMSConfiguration",
      dependencies: ["StudentModuleHistory", .product(name: "Yams", package: "Yams")],
      swiftSettings: swiftSettings),
    .target(
      name: "HistoryMigration",
      dependencies: [
        "MariaDBClient", "StudentModuleHistory", "HistoryStores", .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: swiftSettings),
    .target(
      name: "DemoHistories", dependencies: ["StudentModuleHistory", "HistoryStores"],
      swiftSettings: swiftSettings),
    .target(
      name: "HistoryConsole",
      dependencies: [
        "StudentModuleHistory",
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "csmh",
      dependencies: [
        "DemoHistories", "HistoryConsole", "HistoryMigration", "HistoryStores", "LMSConfiguration", "MariaDBClient",
        "StudentModuleHistory",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: swiftSettings),
    .target(
      name: "TestSupport",
      dependencies: ["DemoHistories", "HistoryStores", "MariaDBClient", "StudentModuleHistory"],
      path: "Tests/TestSupport", swiftSettings: swiftSettings),
    .target(
      name: "Simulation", dependencies: ["StudentModuleHistory"], path: "Tests/Simulation",
      swiftSettings: swiftSettings),
    .target(
      name: "Campaigns", dependencies: ["HistoryMigration", "Simulation", "StudentModuleHistory"],
      path: "Tests/Campaigns", swiftSettings: swiftSettings),
    .executableTarget(
      name: "simulate",
      dependencies: ["Campaigns", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      path: "Tests/simulate", swiftSettings: swiftSettings),
    .testTarget(
      name: "SimulationTests", dependencies: ["Campaigns", "Simulation", "StudentModuleHistory"],
      swiftSettings: swiftSettings),
    .testTarget(name: "MariaDBClientTests", dependencies: ["MariaDBClient"], swiftSettings: swiftSettings),
    .testTarget(
      name: "StudentModuleHistoryTests", dependencies: ["StudentModuleHistory"], swiftSettings: swiftSettings),
    .testTarget(
      name: "HistoryStoresTests", dependencies: ["HistoryStores", "MariaDBClient", "StudentModuleHistory"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "LMSConfigurationTests", dependencies: ["LMSConfiguration", "StudentModuleHistory"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "DemoHistoriesTests", dependencies: ["DemoHistories", "StudentModuleHistory"], swiftSettings: swiftSettings),
    .testTarget(
      name: "HistoryMigrationTests",
      dependencies: ["HistoryMigration", "HistoryStores", "StudentModuleHistory", "TestSupport"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "HistoryConsoleTests",
      dependencies: [
        "HistoryConsole", "HistoryStores", "StudentModuleHistory", "TestSupport",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "ConformanceTests", dependencies: ["HistoryStores", "StudentModuleHistory", "TestSupport"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "IntegrationTests",
      dependencies: [
        "csmh", "DemoHistories", "HistoryMigration", "HistoryStores", "MariaDBClient", "StudentModuleHistory",
        "TestSupport",
      ],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "DocumentTests", dependencies: ["csmh", "TestSupport"], exclude: ["stage.sh"], swiftSettings: swiftSettings),
  ],
  swiftLanguageModes: [.v6]
)
