public import Foundation
import FoundationNetworking

/// The history API of a running `csmh serve`, as a client sees it.
public struct HistoryAPI: Sendable {
  /// An entry of a history.
  public struct Entry: Decodable, Sendable, Hashable {
    public let id: UInt64
    public let studentModuleID: UInt64
    public let state: String?
    public let table: String

    private enum CodingKeys: String, CodingKey {
      case id, state, table
      case studentModuleID = "student_module_id"
    }
  }

  private struct Page: Decodable {
    let entries: [Entry]
    let nextCursor: String?
    let collisions: [UInt64]

    private enum CodingKeys: String, CodingKey {
      case entries, collisions
      case nextCursor = "next_cursor"
    }
  }

  /// An answer that was not expected.
  public struct UnexpectedAnswer: Error, CustomStringConvertible {
    public let status: Int
    public let body: String
    public var description: String { "HTTP \(status): \(body)" }
  }

  public let url: URL

  public init(url: URL) {
    self.url = url
  }

  /// Saves a state; returns once it is acknowledged.
  public func record(_ studentModuleID: UInt64, state: String, requestID: String? = nil) async throws {
    var body: [String: Any] = [
      "student_module_id": studentModuleID, "modified": "2026-01-01T10:00:00.5Z", "state": state, "grade": 1,
      "max_grade": 2,
    ]
    if let requestID { body["request_id"] = requestID }
    var request = URLRequest(url: url.appendingPathComponent("v1/records"))
    request.httpMethod = "POST"
    request.setValue("application/json", forHTTPHeaderField: "Content-Type")
    request.httpBody = try JSONSerialization.data(withJSONObject: body)
    _ = try await send(request, expecting: 201)
  }

  /// Deletes all records of a student module.
  public func delete(_ studentModuleID: UInt64) async throws {
    var request = URLRequest(url: url.appendingPathComponent("v1/student-modules/\(studentModuleID)/history"))
    request.httpMethod = "DELETE"
    _ = try await send(request, expecting: 200)
  }

  /// The whole history of a student module, page by page, and the ids that collide.
  public func history(
    _ studentModuleID: UInt64, pageSize: Int = 100
  ) async throws -> (entries: [Entry], collisions: [UInt64]) {
    var entries: [Entry] = []
    var collisions: [UInt64] = []
    var cursor: String?
    repeat {
      var components = URLComponents(
        url: url.appendingPathComponent("v1/student-modules/\(studentModuleID)/history"), resolvingAgainstBaseURL: false
      )!
      components.queryItems =
        [URLQueryItem(name: "limit", value: "\(pageSize)")]
        + (cursor.map { [URLQueryItem(name: "cursor", value: $0)] } ?? [])
      let data = try await send(URLRequest(url: components.url!), expecting: 200)
      let page = try JSONDecoder().decode(Page.self, from: data)
      entries += page.entries
      collisions += page.collisions
      cursor = page.nextCursor
    } while cursor != nil
    return (entries, collisions)
  }

  /// What `GET /v1/flags` tells.
  public func flags() async throws -> String {
    String(
      decoding: try await send(URLRequest(url: url.appendingPathComponent("v1/flags")), expecting: 200), as: UTF8.self)
  }

  private func send(_ request: URLRequest, expecting status: Int) async throws -> Data {
    let (data, response) = try await URLSession.shared.data(for: request)
    let got = (response as? HTTPURLResponse)?.statusCode ?? 0
    guard got == status else { throw UnexpectedAnswer(status: got, body: String(decoding: data, as: UTF8.self)) }
    return data
  }
}
