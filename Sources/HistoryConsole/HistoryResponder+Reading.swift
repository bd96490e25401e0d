internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import StudentModuleHistory

extension HistoryResponder {
  func histories(_ query: Substring?) async throws -> Response {
    let name = "student_module_id"
    let parameters = try QueryParameters(query, allowed: [name, "limit", "cursor"])
    let texts = parameters.all(name)
    let most = HistoryRouter.maximumStudentModuleCount
    guard (1...most).contains(texts.count) else {
      throw Problem.malformed("\(name) is given from 1 to \(most) times")
    }
    return try await history(of: try texts.map { try QueryParameters.studentModuleID($0) }, parameters)
  }

  func history(of ids: [UInt64], _ parameters: QueryParameters) async throws -> Response {
    let limit = try parameters.limit(
      default: configuration.defaultPageSize, maximum: configuration.maximumPageSize)
    let cursor = try parameters.cursor()
    let page = try await perform(.read) { try await $0.history(of: ids, from: cursor, limit: limit) }
    warn(of: page.collisions)
    return Self.json(HistoryDocument(page).buffer)
  }

  func submissions(_ id: Substring, _ query: Substring?) async throws -> Response {
    _ = try QueryParameters(query, allowed: [])
    let id = try QueryParameters.studentModuleID(id)
    let (count, bytes) = (configuration.maximumSubmissionCount, configuration.maximumSubmissionBytes)
    let document = try await perform(.read) { router in
      try await SubmissionsDocument(of: id, router: router, maximumCount: count, maximumBytes: bytes)
    }
    warn(of: document.collisions)
    return Self.json(document.buffer)
  }

  func flags(_ query: Substring?) async throws -> Response {
    _ = try QueryParameters(query, allowed: [])
    let document: FlagsDocument
    do {
      document = try await flags()
    } catch {
      throw Problem(error, .read)
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Self.json(String(decoding: try encoder.encode(document), as: UTF8.self))
  }

  func ready(_ query: Substring?) async throws -> Response {
    _ = try QueryParameters(query, allowed: [])
    let unready = await routers.perform { await $0.unreadySides() }
    guard let first = unready.first else { return Self.json(#"{"status":"ready"}"#) }
    let names = unready.map { "the \($0.rawValue) database" }.joined(separator: " and ")
    throw Problem(
      .serviceUnavailable, "\(names) cannot be read now", database: unready.count == 1 ? first : nil,
      headers: [.retryAfter: "2"])
  }

  /// Rows with the same id and different content are a matter for the operator.
  private func warn(of collisions: [UInt64]) {
    guard !collisions.isEmpty else { return }
    let ids = collisions.prefix(20).map(String.init).joined(separator: ", ")
    logger.warning("both tables have different rows with the same id: \(ids). Run csmh offset")
  }
}
