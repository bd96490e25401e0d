internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import StudentModuleHistory
internal import Synchronization

/// Answers requests: limits, path, method, token, then what was asked for.
final class HistoryResponder: HTTPResponder {
  let routers: RouterSwitch
  let configuration: HistoryServerConfiguration
  let flags: @Sendable () async throws -> FlagsDocument
  let recent: RecentRequests
  let logger: Logger
  let trouble: StoreTrouble

  private let running = Atomic<Int>(0)

  /// The bytes of bodies that are not whole yet.
  let pendingBytes = Atomic<Int>(0)
  private let openAPI: String

  init(
    routers: RouterSwitch, configuration: HistoryServerConfiguration, logger: Logger,
    flags: @escaping @Sendable () async throws -> FlagsDocument
  ) {
    self.routers = routers
    self.configuration = configuration
    self.logger = logger
    self.flags = flags
    recent = RecentRequests()
    trouble = StoreTrouble(logger: logger)
    openAPI = OpenAPIDocument(configuration).text
  }

  func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
    var response: Response
    do {
      response = try await answer(request)
    } catch let problem as Problem {
      response = problem.response()
    } catch {
      // Its own description may hold values.
      logger.error("a request ended with an error of the type \(type(of: error))")
      response = Problem.unexpected.response()
    }
    response.headers[.cacheControl] = "no-store"
    return request.method == .head ? response.createHeadResponse() : response
  }

  private func answer(_ request: Request) async throws -> Response {
    let (path, query) = Self.parts(request.head.path ?? "")
    guard let route = Route(path: path) else { throw Problem.unknownPath }
    guard route.methods.contains(request.method) else {
      throw Problem.wrongMethod(allowed: route.methods.map(\.rawValue).joined(separator: ", "))
    }
    // Whoever asks whether the process lives must hear it also when there is too much to do.
    if route == .health { return try await answer(route, query, request) }
    try check(route.access(request.method), request)
    // A body is waited for before its request counts: who sends slowly takes nobody's place.
    let saved = route == .records ? try await recordRequest(query, request) : nil
    defer { running.subtract(1, ordering: .relaxed) }
    let count = running.add(1, ordering: .relaxed).newValue
    guard count <= configuration.maximumConcurrentRequests else {
      throw Problem.tooManyRequests(limit: configuration.maximumConcurrentRequests)
    }
    if let saved { return try await record(saved) }
    return try await answer(route, query, request)
  }

  private func answer(_ route: Route, _ query: Substring?, _ request: Request) async throws -> Response {
    switch route {
    case .health: try plain(#"{"status":"alive"}"#, query)
    case .ready: try await ready(query)
    case .openAPI: try plain(openAPI, query)
    case .flags: try await flags(query)
    case .history(let id) where request.method == .delete: try await delete(id, query)
    case .history(let id):
      try await history(
        of: [QueryParameters.studentModuleID(id)], QueryParameters(query, allowed: ["limit", "cursor"]))
    case .histories: try await histories(query)
    case .submissions(let id): try await submissions(id, query)
    case .records: try await record(try await recordRequest(query, request))
    }
  }

  private func plain(_ text: String, _ query: Substring?) throws -> Response {
    _ = try QueryParameters(query, allowed: [])
    return Self.json(text)
  }

  private func check(_ needed: BearerTokens.Access?, _ request: Request) throws(Problem) {
    guard let needed, configuration.tokens.protects(needed) else { return }
    guard let access = configuration.tokens.access(authorization: request.headers[.authorization]) else {
      throw .noToken
    }
    guard access >= needed else { throw .readTokenOnly }
  }

  /// Runs work on the databases with the present flags; turns its errors into problems and tells the log of lasting ones.
  func perform<Value: Sendable>(
    _ action: Problem.Action, _ work: (HistoryRouter) async throws -> Value
  ) async throws(Problem) -> Value {
    do {
      return try await routers.perform { router in
        let value = try await work(router)
        trouble.answered(router.neededSides)
        return value
      }
    } catch {
      if let error = error as? HistoryStoreError { trouble.failed(error, action) }
      let problem = Problem(error, action)
      if problem == .unexpected { logger.error("a request ended with an error of the type \(type(of: error))") }
      throw problem
    }
  }

  static func json(_ buffer: ByteBuffer, status: HTTPResponse.Status = .ok) -> Response {
    Response(status: status, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: buffer))
  }

  static func json(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
    json(ByteBuffer(string: text), status: status)
  }

  /// The path and the query of a request's target.
  private static func parts(_ target: String) -> (path: Substring, query: Substring?) {
    let target = target.prefix { $0 != "#" }
    guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return (target, nil) }
    return (target[..<mark], target[target.utf8.index(after: mark)...])
  }
}
