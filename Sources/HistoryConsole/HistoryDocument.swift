internal import NIOCore
package import StudentModuleHistory

/// A page of a history as the API and the command line tell it.
package struct HistoryDocument: Sendable {
  package let page: HistoryPage

  package init(_ page: HistoryPage) {
    self.page = page
  }

  /// The JSON document.
  package var text: String { String(buffer: buffer) }

  var buffer: ByteBuffer {
    var json = JSONWriter(capacity: Self.size(page.entries))
    write(&json)
    return json.buffer
  }

  /// Hands the document on piece by piece.
  package func write(to sink: @escaping (String) -> Void) {
    JSONWriter.write(to: sink) { write(&$0) }
  }

  private func write(_ json: inout JSONWriter) {
    json.object { json in
      json.member("entries") { json in
        json.array { json in
          for entry in page.entries { json.entry(entry) }
        }
      }
      json.member("next_cursor", page.next?.description)
      json.member("collisions") { json in
        json.array { json in
          for id in page.collisions { json.number(id) }
        }
      }
    }
  }

  /// About how many bytes they take.
  private static func size(_ entries: [HistoryEntry]) -> Int {
    entries.reduce(128) { $0 + 192 + ($1.record.state?.utf8.count ?? 0) * 9 / 8 }
  }
}

extension JSONWriter {
  /// A record and its table.
  mutating func entry(_ entry: HistoryEntry) {
    object { json in
      json.member("id", entry.record.id)
      json.member("student_module_id", entry.record.studentModuleID)
      json.member(time: "created", entry.record.created)
      json.member("grade", entry.record.grade)
      json.member("max_grade", entry.record.maxGrade)
      json.member("version", entry.record.version)
      json.member("state", entry.record.state)
      json.member("table", entry.table.rawValue)
    }
  }
}
