package import Foundation
import StudentModuleHistory

/// An `lms.yml` that names a test's two databases, edited as an operator edits it.
package struct LMSConfigurationFile: Sendable {
  package let directory: URL
  private let databases: String

  package var path: String { directory.appendingPathComponent("lms.yml").path }

  /// Writes it with both flags off.
  package init(_ installation: TestInstallation) throws {
    func database(_ server: TestServer, _ name: String) -> String {
      "{ENGINE: django.db.backends.mysql, NAME: \(name), USER: root, PASSWORD: '', HOST: 127.0.0.1, PORT: '\(server.port)'}"
    }
    directory = FileManager.default.temporaryDirectory.appendingPathComponent("csmh-lms-\(UUID().uuidString)")
    databases = """
      DATABASES:
        default: \(database(installation.source, installation.originalDatabase))
        student_module_history: \(database(installation.target, installation.extendedDatabase))

      """
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    try set(false, false)
  }

  /// Replaces the file by one with these flags.
  package func set(_ extendedEnabled: Bool, _ readOnlyFromExtended: Bool) throws {
    try write(
      databases
        + "FEATURES:\n  ENABLE_CSMH_EXTENDED: \(extendedEnabled)\n  READ_ONLY_FROM_CSMHE: \(readOnlyFromExtended)\n")
  }

  /// Replaces the file by a text.
  package func write(_ text: String) throws { try text.write(toFile: path, atomically: true, encoding: .utf8) }

  package func remove() { try? FileManager.default.removeItem(at: directory) }
}
