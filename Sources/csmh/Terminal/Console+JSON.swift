import Foundation
import MigrationBase
import StudentModuleHistory

extension Console {
  /// Prints a value as one line of JSON: an event of a long command.
  func emit(_ value: some Encodable) {
    guard isJSON else { return }
    put(json: Self.json(value, pretty: false) + "\n")
  }

  /// Prints a value as the one JSON document of a command.
  func emitDocument(_ value: some Encodable) {
    guard isJSON else { return }
    beginDocument()
    put(json: Self.json(value, pretty: true) + "\n")
  }

  /// Prints the one JSON document of a command, which is handed on piece by piece.
  func emitText(_ write: (_ sink: @escaping (String) -> Void) -> Void) {
    guard isJSON else { return }
    beginDocument()
    write { self.put(json: VisibleText.json($0)) }
    put(json: "\n")
  }

  static func json(_ value: some Encodable, pretty: Bool) -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
    guard let data = try? encoder.encode(value) else { return "{}" }
    return VisibleText.json(String(decoding: data, as: UTF8.self))
  }
}

/// An error as a member of a document; as an event, it is also the document of a command that has no other to print.
struct FailureDocument: Encodable {
  let event: String?
  let status: Int32
  let message: String
  let remedy: Remedy?

  init(_ failure: Failure, isEvent: Bool = false) {
    event = isEvent ? "error" : nil
    status = failure.status.rawValue
    message = failure.message
    remedy = failure.remedy
  }
}
