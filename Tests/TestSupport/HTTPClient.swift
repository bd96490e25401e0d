package import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Asks a server on loopback, as any HTTP client does.
package struct HTTPClient: Sendable {
  /// An answer.
  package struct Answer: Sendable {
    package let status: Int
    package let text: String

    /// By names in small letters.
    package let headers: [String: String]

    /// The members of the JSON object that the body is.
    package var json: [String: Any] {
      (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] ?? [:]
    }

    /// The problem's sentence, if the body is a problem.
    package var detail: String? {
      headers["content-type"] == "application/problem+json" ? json["detail"] as? String : nil
    }
  }

  private let base: String
  private let token: String?
  private let session: URLSession

  package init(_ base: String, token: String? = nil) {
    self.base = base
    self.token = token
    let configuration = URLSessionConfiguration.ephemeral
    configuration.timeoutIntervalForRequest = 30
    configuration.httpMaximumConnectionsPerHost = 32
    session = URLSession(configuration: configuration)
  }

  package func get(_ path: String, method: String = "GET", headers: [String: String] = [:]) async throws -> Answer {
    try await send(method, path, headers: headers, body: nil)
  }

  package func delete(_ path: String) async throws -> Answer { try await send("DELETE", path, headers: [:], body: nil) }

  /// Sends JSON.
  package func post(
    _ path: String, _ body: String, type: String? = "application/json"
  ) async throws -> Answer {
    try await send("POST", path, headers: type.map { ["Content-Type": $0] } ?? [:], body: Data(body.utf8))
  }

  package func send(_ method: String, _ path: String, headers: [String: String], body: Data?) async throws -> Answer {
    guard let url = URL(string: base + path) else { throw TestFailure("no URL: \(path)") }
    var request = URLRequest(url: url)
    request.httpMethod = method
    request.httpBody = body
    if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
    for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
    let (data, response) = try await session.data(for: request)
    guard let response = response as? HTTPURLResponse else { throw TestFailure("no answer in HTTP") }
    let fields = response.allHeaderFields.map { ("\($0)".lowercased(), "\($1)") }
    return Answer(
      status: response.statusCode, text: String(decoding: data, as: UTF8.self),
      headers: Dictionary(fields) { first, _ in first })
  }
}
