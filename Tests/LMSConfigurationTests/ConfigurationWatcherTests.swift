import Foundation
import LMSConfiguration
import StudentModuleHistory
import Testing

/// Configuration files that change in every way that editors and platforms have.
@Suite struct ConfigurationWatcherTests {
  private static func text(_ extended: Bool, _ readOnly: Bool) -> String {
    """
    DATABASES:
      default: {ENGINE: django.db.backends.mysql, NAME: edxapp, PASSWORD: secret}
      student_module_history: {ENGINE: django.db.backends.mysql, NAME: edxapp_csmh}
    FEATURES:
      ENABLE_CSMH_EXTENDED: \(extended)
      READ_ONLY_FROM_CSMHE: \(readOnly)

    """
  }

  private struct Folder: ~Copyable {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("csmh-watch-\(UUID().uuidString)")
    var file: String { url.appendingPathComponent("lms.yml").path }

    init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: url) }

    func write(_ text: String, atomically: Bool = true) throws {
      try text.write(toFile: file, atomically: atomically, encoding: .utf8)
    }
  }

  private static func flags(_ reading: ConfigurationWatcher.Reading?) throws -> HistoryFlags? {
    switch try #require(reading) {
    case .configuration(let configuration): configuration.knownFlags()
    case .failure: nil
    }
  }

  private static let methods: [ConfigurationWatcher.Method] = [.events, .polling(.milliseconds(200))]

  @Test(
    "a file that is replaced, written in place, or removed and made again is read anew",
    .timeLimit(.minutes(5)), arguments: methods)
  func changes(method: ConfigurationWatcher.Method) async throws {
    let folder = try Folder()
    try folder.write(Self.text(false, false))
    var readings = ConfigurationWatcher(files: [folder.file], method: method).readings().makeAsyncIterator()
    #expect(try Self.flags(await readings.next()) == .off)
    try folder.write(Self.text(true, false))
    #expect(try Self.flags(await readings.next())?.extendedEnabled == true)
    try folder.write(Self.text(true, true), atomically: false)
    #expect(try Self.flags(await readings.next())?.readOnlyFromExtended == true)
    try FileManager.default.removeItem(atPath: folder.file)
    #expect(try Self.flags(await readings.next()) == nil)
    try folder.write(Self.text(false, false))
    #expect(try Self.flags(await readings.next()) == .off)
  }

  @Test(
    "a file that is being written for a while is read once it is whole", .timeLimit(.minutes(5)), arguments: methods)
  func halfWritten(method: ConfigurationWatcher.Method) async throws {
    let folder = try Folder()
    try folder.write(Self.text(true, false))
    var readings = ConfigurationWatcher(files: [folder.file], method: method).readings().makeAsyncIterator()
    #expect(try Self.flags(await readings.next())?.extendedEnabled == true)
    let handle = try #require(FileHandle(forWritingAtPath: folder.file))
    try handle.truncate(atOffset: 0)
    for byte in Self.text(true, true).utf8 {
      try handle.write(contentsOf: [byte])
      if byte == UInt8(ascii: "\n") { try await Task.sleep(for: .milliseconds(100)) }
    }
    // Every state in between would be without READ_ONLY_FROM_CSMHE, or could not be read.
    #expect(try Self.flags(await readings.next())?.readOnlyFromExtended == true)
  }

  @Test("readings end as soon as they are told to, also while a file is awaited", .timeLimit(.minutes(5)))
  func end() async throws {
    let folder = try Folder()
    let (ending, end) = AsyncStream.makeStream(of: Void.self)
    let watcher = ConfigurationWatcher(files: [folder.file])
    var readings = watcher.readings { for await _ in ending {} }.makeAsyncIterator()
    #expect(try Self.flags(await readings.next()) == nil)
    end.finish()
    #expect(await readings.next() == nil)
  }

  @Test("a link that is turned to another folder, as container platforms do, is noticed", .timeLimit(.minutes(5)))
  func turnedLink() async throws {
    let folder = try Folder()
    let manager = FileManager.default
    for (name, text) in [("1", Self.text(false, false)), ("2", Self.text(true, false))] {
      let version = folder.url.appendingPathComponent(name)
      try manager.createDirectory(at: version, withIntermediateDirectories: true)
      try text.write(to: version.appendingPathComponent("lms.yml"), atomically: true, encoding: .utf8)
    }
    let data = folder.url.appendingPathComponent("data").path
    try manager.createSymbolicLink(atPath: data, withDestinationPath: "1")
    try manager.createSymbolicLink(atPath: folder.file, withDestinationPath: "data/lms.yml")
    var readings = ConfigurationWatcher(files: [folder.file]).readings().makeAsyncIterator()
    #expect(try Self.flags(await readings.next()) == .off)
    try manager.createSymbolicLink(atPath: data + ".new", withDestinationPath: "2")
    #expect(rename(data + ".new", data) == 0)
    #expect(try Self.flags(await readings.next())?.extendedEnabled == true)
  }
}
