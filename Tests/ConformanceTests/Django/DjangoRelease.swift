import Foundation
import TestSupport

/// What a generation of Open edX stands on: a version of Django, and the place where it looks for the two flags.
struct DjangoRelease: Sendable, CustomStringConvertible {
  /// Where the LMS looks for the flags, and where an operator who knows that writes them.
  enum FlagPlaces: String, Sendable {
    /// Releases before September 2025: FEATURES alone.
    case features = "flags under FEATURES"
    /// Since then, every flag is a setting of its own.
    case flat = "flat flags"
    /// Code of 2026 asks for the second flag under FEATURES still.
    case mixed = "one flag flat, one under FEATURES"
  }

  let version: String
  let flags: FlagPlaces

  var description: String { "Django \(version), \(flags.rawValue)" }

  /// What `Scripts/django.sh` has put there.
  var python: URL { Self.home.appendingPathComponent("\(version)/bin/python") }

  private static let home =
    ProcessInfo.processInfo.environment["CSMH_DJANGO_HOME"].map { URL(fileURLWithPath: $0) }
    ?? TestServer.project.appendingPathComponent(".django")

  private var isAvailable: Bool { FileManager.default.isExecutableFile(atPath: python.path) }

  private static let old = DjangoRelease(version: "4.2", flags: .features)
  private static let new = DjangoRelease(version: "5.2", flags: .flat)

  /// One of each version of Django that this machine has.
  static let versions = [old, new].filter(\.isAvailable)

  /// Every one that this machine has.
  static let all = [old, new, DjangoRelease(version: "5.2", flags: .mixed)].filter(\.isAvailable)
}
