import Foundation
import HistoryStores
import LMSConfiguration
import MigrationReport
import StudentModuleHistory

/// The folder of an embedded demo installation: two SQLite files and the LMS configuration that names them.
struct Devstack {
  let directory: URL

  /// A file that tells a folder that csmh may make anew from one that it must not touch.
  private static let marker = ".csmh-devstack"

  var originalFile: URL { directory.appendingPathComponent("edxapp.db") }
  var extendedFile: URL { directory.appendingPathComponent("edxapp_csmh.db") }
  var configurationFile: URL { directory.appendingPathComponent("lms.yml") }

  var pair: StorePair {
    .sqlite(
      original: SQLiteStore(side: .original, path: originalFile.path),
      extended: SQLiteStore(side: .extended, path: extendedFile.path))
  }

  /// Makes the folder, anew if an earlier devstack made it.
  ///
  /// - Throws: ``Failure`` if the folder holds anything else.
  init(directory path: String, _ console: Console) throws {
    directory = URL(fileURLWithPath: path)
    let manager = FileManager.default
    let marker = directory.appendingPathComponent(Self.marker)
    do {
      if manager.fileExists(atPath: directory.path) {
        let contents = try manager.contentsOfDirectory(atPath: directory.path)
        guard contents.isEmpty || manager.fileExists(atPath: marker.path) else {
          throw Failure(
            .misconfigured, "\(directory.path) is not empty, and no devstack made it",
            remedy: Remedy(.nameOtherFolder))
        }
        if !contents.isEmpty { console.note("the devstack in \(directory.path) is made anew") }
        try manager.removeItem(at: directory)
      }
      try manager.createDirectory(at: directory, withIntermediateDirectories: true)
      try Data().write(to: marker)
      try Data(Self.configuration.utf8).write(to: configurationFile)
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure(.notPermitted, "the folder \(directory.path) cannot be made: \(error.localizedDescription)")
    }
  }

  /// Turns on the first flag, as an operator would.
  func turnOnExtended(_ console: Console) throws {
    let edit = try LMSConfigurationEditor(files: [configurationFile.path]).settingFlag(.extendedEnabled, to: true)
    try edit.write()
    console.note("ENABLE_CSMH_EXTENDED is on: new records go to the extended table")
  }

  /// Says how a person can check the result.
  func explain(_ report: MigrationReport, _ console: Console) {
    let table = "coursewarehistoryextended_studentmodulehistoryextended"
    let bound = report.upperBound ?? 0
    console.print("check it yourself:")
    console.print("  sqlite3 \(originalFile.path) 'SELECT COUNT(*), MAX(id) FROM courseware_studentmodulehistory'")
    console.print("  sqlite3 \(extendedFile.path) 'SELECT COUNT(*), MAX(id) FROM \(table) WHERE id <= \(bound)'")
    console.print(
      "  sqlite3 \(extendedFile.path) 'SELECT id, lower_id, upper_id, row_count, digest FROM csmh_range LIMIT 5'")
    console.print("  \(CommandLine.arguments[0]) status --directory \(directory.path)")
  }

  private static let configuration = """
    # The LMS configuration of a demo installation, made by csmh devstack.
    DATABASES:
      default:
        ENGINE: django.db.backends.sqlite3
        NAME: edxapp.db
      student_module_history:
        ENGINE: django.db.backends.sqlite3
        NAME: edxapp_csmh.db
    DATABASE_ROUTERS:
      - openedx.core.lib.django_courseware_routers.StudentModuleHistoryExtendedRouter
    FEATURES:
      ENABLE_CSMH_EXTENDED: false
      READ_ONLY_FROM_CSMHE: false

    """
}
