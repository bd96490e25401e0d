package import Foundation
package import StudentModuleHistory

/// A change of a flag that was worked out and proven, and can be written.
package struct LMSConfigurationEdit: Sendable {
  /// What becomes of one file.
  package struct Change: Sendable {
    /// The file, spelt as it was given.
    package let file: String
    /// The lines, from 1, that the flag has in the new text.
    package let lines: [Int]

    let before: Contents
    let after: Contents

    /// The file's new bytes. They hold what the file holds, passwords too: not for messages.
    package var newContents: [UInt8] { after.bytes }
  }

  /// Bytes of a configuration file, which have passwords in them and are not shown.
  struct Contents: Sendable, CustomStringConvertible, CustomReflectable {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
      self.bytes = bytes
    }

    var description: String { "<\(bytes.count) bytes>" }
    var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
  }

  /// A file that was replaced.
  package struct Written: Sendable, Hashable {
    /// The file, spelt as it was given.
    package let file: String
    /// Where its old bytes are kept, beside the file itself even if `file` is a symbolic link to it.
    package let backup: String
  }

  /// The flag, and the value that it is to have.
  package let flag: LMSConfiguration.Flag
  /// The value, in the sense of the flag.
  package let value: Bool
  /// The files that change: none if the flag has the value already.
  package let changes: [Change]

  /// Replaces the files, each at once: a reader sees the old bytes or the new ones.
  ///
  /// The new bytes go to a temporary file in the same folder, are brought to disk, get the old file's owner, group and
  /// mode, and are renamed into its place. A symbolic link stays; the file that it leads to is replaced. The old bytes
  /// stay beside it as `NAME.csmh-backup-20260131T235959Z`, with `-2`, `-3`... behind it where such a backup stands
  /// already.
  ///
  /// Several files are all prepared before the first one is replaced; should a later one fail all the same, the error
  /// names those that were replaced.
  ///
  /// - Parameter time: the time that the backups are named by. Default: the present.
  /// - Throws: ``LMSConfigurationError`` where a file has changed since it was read, or its folder cannot be written
  ///   to, or its owner cannot be kept. The file in question is then as it was.
  @discardableResult
  package func write(
    at time: Date? = nil, environment: Environment = .process
  ) throws(LMSConfigurationError) -> [Written] {
    let now = time ?? Date(timeIntervalSince1970: Double(environment.microsecondsSince1970()) / 1_000_000)
    var prepared: [(change: Change, target: String, temporary: String)] = []
    defer { for file in prepared { FileAccess.remove(file.temporary) } }
    for change in changes {
      let target = try FileAccess.target(change.file)
      let temporary = "\(target).csmh-new-\(String(environment.random(), radix: 36))"
      guard try FileAccess.create(temporary, change.after.bytes, like: FileAccess.attributes(target)) else {
        throw LMSConfigurationError(file: temporary, message: "stands in the way")
      }
      prepared.append((change, target, temporary))
    }
    var written: [Written] = []
    for file in prepared {
      do throws(LMSConfigurationError) {
        guard try FileAccess.read(file.target, limit: ConfigurationDocument.byteLimit) == file.change.before.bytes
        else {
          throw LMSConfigurationError(
            file: file.change.file, message: "has changed since it was read, and was left alone: try again")
        }
        let backup = try Self.backUp(file.target, file.change.before.bytes, at: now)
        try FileAccess.replace(file.target, with: file.temporary)
        written.append(Written(file: file.change.file, backup: backup))
      } catch {
        guard !written.isEmpty else { throw error }
        let done = written.map { "\($0.file) (before: \($0.backup))" }.joined(separator: ", ")
        throw LMSConfigurationError(
          file: error.file, line: error.line, keyPath: error.keyPath,
          message: "\(error.message). Already changed: \(done)")
      }
    }
    return written
  }

  private static func backUp(
    _ target: String, _ bytes: [UInt8], at now: Date
  ) throws(LMSConfigurationError) -> String {
    let style = Date.ISO8601FormatStyle(dateSeparator: .omitted, timeSeparator: .omitted, timeZone: .gmt)
    let name = "\(target).csmh-backup-\(now.formatted(style))"
    let attributes = try FileAccess.attributes(target)
    for attempt in 1...1_000 {
      let backup = attempt == 1 ? name : "\(name)-\(attempt)"
      if try FileAccess.create(backup, bytes, like: attributes) { return backup }
    }
    throw LMSConfigurationError(file: name, message: "stands already, as do its numbered successors: remove some")
  }
}
