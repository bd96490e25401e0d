internal import NIOCore
package import StudentModuleHistory

/// The submission history of a student module, as Open edX shows it to course staff: the newest first, numbered from the oldest.
package struct SubmissionsDocument: Sendable {
  package let studentModuleID: UInt64

  /// The whole history, the newest first.
  package let entries: [HistoryEntry]

  /// Ids that both tables have with different content.
  package let collisions: [UInt64]

  /// Why a history is not told whole.
  package enum TooLong: Error, Sendable, Hashable, CustomStringConvertible {
    case records(limit: Int)
    case bytes(limit: Int)

    package var description: String {
      switch self {
      case .records(let limit): "the history has more than \(limit) records, which are told in pages only"
      case .bytes(let limit): "the states of the history have more than \(limit) bytes, which are told in pages only"
      }
    }
  }

  /// Reads the whole history.
  ///
  /// - Parameters:
  ///   - maximumCount: the most records.
  ///   - maximumBytes: the most bytes that the states may have together.
  /// - Throws: ``TooLong``, and what `HistoryRouter.history(of:from:limit:)` throws.
  package init(
    of studentModuleID: UInt64, router: HistoryRouter, maximumCount: Int = 10_000, maximumBytes: Int = 64 << 20
  ) async throws {
    self.studentModuleID = studentModuleID
    var (entries, collisions, byteCount): ([HistoryEntry], [UInt64], Int) = ([], [], 0)
    var place: HistoryCursor? = .start
    while let cursor = place {
      let page = try await router.history(of: [studentModuleID], from: cursor)
      entries += page.entries
      collisions += page.collisions
      byteCount += page.entries.reduce(0) { $0 + ($1.record.state?.utf8.count ?? 0) }
      guard entries.count <= maximumCount else { throw TooLong.records(limit: maximumCount) }
      guard byteCount <= maximumBytes else { throw TooLong.bytes(limit: maximumBytes) }
      place = page.next
    }
    self.entries = entries
    self.collisions = collisions
  }

  /// The JSON document.
  package var text: String { String(buffer: buffer) }

  var buffer: ByteBuffer {
    let size = entries.reduce(128) { $0 + 192 + ($1.record.state?.utf8.count ?? 0) }
    var json = JSONWriter(capacity: size)
    write(&json)
    return json.buffer
  }

  /// Hands the document on piece by piece.
  package func write(to sink: @escaping (String) -> Void) {
    JSONWriter.write(to: sink) { write(&$0) }
  }

  private func write(_ json: inout JSONWriter) {
    json.object { json in
      json.member("student_module_id", studentModuleID)
      json.member("submissions") { json in
        json.array { json in
          for (index, entry) in entries.enumerated() {
            json.submission(number: entries.count - index, entry)
          }
        }
      }
      json.member("collisions") { json in
        json.array { json in
          for id in collisions { json.number(id) }
        }
      }
    }
  }
}

extension JSONWriter {
  fileprivate mutating func submission(number: Int, _ entry: HistoryEntry) {
    object { json in
      json.member("number", UInt64(number))
      json.member("id", entry.record.id)
      json.member(time: "created", entry.record.created)
      json.member("score", entry.record.grade)
      json.member("max_score", entry.record.maxGrade)
      json.member("state") { $0.state(entry.record.state) }
      json.member("table", entry.table.rawValue)
    }
  }

  /// The state as the JSON that it is. Python writes NaN, which is none: such a state is told as text.
  private mutating func state(_ text: String?) {
    guard let text, JSONSyntax.isValid(text) else { return string(text) }
    verbatim(text)
  }
}
