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
    // libmariadb, found by pkg-config.
    .systemLibrary(
      name: "CMariaDB", pkgConfig: "libmariadb", providers: [.apt(["libmariadb-dev"])]),
    // A small async client over it; knows nothing of Open edX.
    .target(
      name: "MariaDBClient", dependencies: ["CMariaDB"],
      // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0458-strict-memory-safety.md
      swiftSettings: swiftSettings + [.strictMemorySafety()]),
    // The domain, and keeping and reading history by the flags; the ports that stores fill in.
    .target(
      name: "StudentModuleHistory",
      dependencies: [.product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: swiftSettings),
    // The adapters: all SQL of a history table and of the journal, for MariaDB, MySQL and SQLite.
    .target(
      name: "HistoryStores",
      dependencies: [
        "MariaDBClient", "StudentModuleHistory", .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: swiftSettings),
    // The flags and databases as an LMS configuration has them: read, checked, edited, watched.
    .target(
      name: "LMSConfiguration",
      dependencies: ["StudentModuleHistory", .product(name: "Yams", package: "Yams")],
      swiftSettings: swiftSettings),
    // What every part of a migration stands on: how to wait, try again, stop and fail, and texts for people.
    .target(name: "MigrationBase", dependencies: ["StudentModuleHistory"], swiftSettings: swiftSettings),
    // What a migration knows of itself, beside the rows: ranges, leases, attempts, the fence, events.
    .target(
      name: "MigrationJournal", dependencies: ["MigrationBase", "StudentModuleHistory"], swiftSettings: swiftSettings),
    // What moves, proves, mends, drains and returns rows. No SQL, clock, randomness or process of its own.
    .target(
      name: "MigrationProtocol", dependencies: ["MigrationBase", "MigrationJournal", "StudentModuleHistory"],
      swiftSettings: swiftSettings),
    // What is to be known before a step, and what follows from it: checks, estimates, options, a plan.
    .target(
      name: "MigrationAdvice",
      dependencies: [
        "HistoryStores", "MariaDBClient", "MigrationBase", "MigrationJournal", "MigrationProtocol",
        "StudentModuleHistory",
      ],
      swiftSettings: swiftSettings),
    // What is left when it is over: the manifest, the recheck against it, the report with its plots.
    .target(
      name: "MigrationReport",
      dependencies: [
        "HistoryStores", "MariaDBClient", "MigrationBase", "MigrationJournal", "MigrationProtocol",
        "StudentModuleHistory",
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: swiftSettings),
    // Believable histories and learners, for the devstack, tests and benchmarks.
    .target(
      name: "DemoHistories", dependencies: ["StudentModuleHistory", "HistoryStores"],
      swiftSettings: swiftSettings),
    // The history over HTTP.
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
    // The command line: it parses, calls and prints.
    .executableTarget(
      name: "csmh",
      dependencies: [
        "DemoHistories", "HistoryConsole", "HistoryStores", "LMSConfiguration", "MariaDBClient", "MigrationAdvice",
        "MigrationBase", "MigrationJournal", "MigrationProtocol", "MigrationReport", "StudentModuleHistory",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: swiftSettings),
    // Servers, installations and learners for tests.
    .target(
      name: "TestSupport",
      dependencies: ["DemoHistories", "HistoryStores", "MariaDBClient", "StudentModuleHistory"],
      path: "Tests/TestSupport", swiftSettings: swiftSettings),
    // Servers, processes, faults and learners in memory, in an order that a seed decides.
    .target(
      name: "Simulation", dependencies: ["StudentModuleHistory"], path: "Tests/Simulation",
      swiftSettings: swiftSettings),
    // Whole migrations in the simulation, and what must hold in them.
    .target(
      name: "Campaigns",
      dependencies: ["MigrationBase", "MigrationJournal", "MigrationProtocol", "Simulation", "StudentModuleHistory"],
      path: "Tests/Campaigns", swiftSettings: swiftSettings),
    // Campaigns by seed, for as long as one likes.
    .executableTarget(
      name: "simulate",
      dependencies: ["Campaigns", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      path: "Tests/simulate", swiftSettings: swiftSettings),
    .testTarget(
      name: "SimulationTests",
      dependencies: [
        "Campaigns", "MigrationBase", "MigrationJournal", "MigrationProtocol", "Simulation", "StudentModuleHistory",
      ],
      swiftSettings: swiftSettings),
    .testTarget(name: "MariaDBClientTests", dependencies: ["MariaDBClient"], swiftSettings: swiftSettings),
    .testTarget(
      name: "StudentModuleHistoryTests", dependencies: ["StudentModuleHistory"], swiftSettings: swiftSettings),
    .testTarget(
      name: "HistoryStoresTests",
      dependencies: ["HistoryStores", "MariaDBClient", "StudentModuleHistory", "TestSupport"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "LMSConfigurationTests", dependencies: ["LMSConfiguration", "StudentModuleHistory"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "DemoHistoriesTests", dependencies: ["DemoHistories", "StudentModuleHistory"], swiftSettings: swiftSettings),
    .testTarget(
      name: "MigrationBaseTests",
      dependencies: [
        "HistoryStores", "MigrationBase", "StudentModuleHistory", "TestSupport",
      ],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "MigrationJournalTests", dependencies: ["MigrationJournal"], swiftSettings: swiftSettings),
    .testTarget(
      name: "MigrationProtocolTests",
      dependencies: [
        "HistoryStores", "MigrationBase", "MigrationJournal", "MigrationProtocol", "StudentModuleHistory",
        "TestSupport",
      ],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "MigrationAdviceTests",
      dependencies: [
        "HistoryStores", "MigrationAdvice", "MigrationJournal", "MigrationProtocol", "StudentModuleHistory",
      ],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "MigrationReportTests",
      dependencies: [
        "HistoryStores", "MigrationBase", "MigrationJournal", "MigrationProtocol", "MigrationReport",
        "StudentModuleHistory", "TestSupport",
      ],
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
        "csmh", "DemoHistories", "HistoryStores", "MariaDBClient", "MigrationAdvice", "MigrationBase",
        "MigrationJournal", "MigrationProtocol", "MigrationReport", "StudentModuleHistory", "TestSupport",
      ],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "DocumentTests", dependencies: ["csmh", "TestSupport"], exclude: ["stage.sh"], swiftSettings: swiftSettings),
  ],
  swiftLanguageModes: [.v6]
)
