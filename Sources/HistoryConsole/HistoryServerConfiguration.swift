internal import Foundation
package import StudentModuleHistory

/// Where a server listens, who may use it, and how much it takes.
package struct HistoryServerConfiguration: Sendable {
  /// The address or name to listen on. Default: 127.0.0.1.
  package var host: String

  /// The port. Default: 8470; 0 takes a free one.
  package var port: Int

  /// What clients show. Default: none, which is allowed on loopback only.
  package var tokens: BearerTokens

  /// The largest body of a request in bytes. Default: 8 MiB.
  package var maximumBodyBytes = 8 << 20

  /// The most records of a page. Default and most: ``HistoryRouter/maximumPageSize``.
  package var maximumPageSize = HistoryRouter.maximumPageSize

  /// The records of a page when the client names no number. Default: 100.
  package var defaultPageSize = HistoryRouter.usualPageSize

  /// The most records of a submission history, which is always told whole. Default: 10,000.
  package var maximumSubmissionCount = 10_000

  /// The most bytes that the states of a submission history may have together. Default: 64 MiB.
  package var maximumSubmissionBytes = 64 << 20

  /// The most requests that are answered at the same time; one more is told to come back later (503). Default: 256.
  package var maximumConcurrentRequests = 256

  /// The most bytes that bodies may have together which are not whole yet; one more is told to come back later (503). Default: 256 MiB.
  package var maximumPendingBodyBytes = 256 << 20

  /// The most connections; one more waits until another is closed. Default: 1,000, or fewer where the system lets the process open no
  /// more than that.
  package var maximumConnections = 1_000

  /// How long the first request of a connection may take until its head is there. Default: 10 seconds.
  package var headTimeout: Duration = .seconds(10)

  /// How long a body may take after its head. Default: 30 seconds.
  package var bodyTimeout: Duration = .seconds(30)

  /// How long a connection may stand until its next request's head is there. Default: a minute.
  package var idleTimeout: Duration = .seconds(60)

  /// How long requests may take to be finished after the server was told to stop. Default: 30 seconds.
  package var shutdownTimeout: Duration = .seconds(30)

  /// Clock and chance. Default: the process's own.
  package var environment = StudentModuleHistory.Environment.process

  package init(host: String = "127.0.0.1", port: Int = 8470, tokens: BearerTokens = .none) {
    self.host = host
    self.port = port
    self.tokens = tokens
  }

  /// Whether only this machine can connect: `localhost`, 127.0.0.0/8, or ::1.
  package var isLoopback: Bool {
    if host.lowercased() == "localhost" { return true }
    var four = in_addr()
    if inet_pton(AF_INET, host, &four) == 1 { return UInt32(bigEndian: four.s_addr) >> 24 == 127 }
    var six = in6_addr()
    guard inet_pton(AF_INET6, host, &six) == 1 else { return false }
    return withUnsafeBytes(of: &six) { $0.dropLast().allSatisfy { $0 == 0 } && $0.last == 1 }
  }

  /// - Throws: ``HistoryServerError/tokensNeeded(host:)`` where others than this machine can connect and a token is missing.
  package func validate() throws(HistoryServerError) {
    guard isLoopback || tokens.areComplete else { throw .tokensNeeded(host: host) }
  }
}

/// Why a server does not start.
package enum HistoryServerError: Error, Sendable, Hashable, CustomStringConvertible {
  /// A token is too short, or has characters that cannot stand in a header field. The value names the token: `read` or `write`.
  case unfitToken(String)
  /// The two tokens are the same, so that whoever may read could write.
  case sameTokens
  /// Others than this machine can connect, and a token is missing.
  case tokensNeeded(host: String)
  /// The address is in use, is not this machine's, or may not be used.
  case cannotListen(address: String, reason: String)

  package var description: String {
    switch self {
    case .unfitToken(let name):
      "the \(name) token must have at least \(BearerTokens.minimumLength) characters, all of them visible ASCII characters"
    case .sameTokens: "the read token and the write token are the same: whoever may read could write"
    case .tokensNeeded(let host): "\(host) can be reached from other machines, and not both tokens are set"
    case .cannotListen(let address, let reason): "cannot listen on \(address): \(reason)"
    }
  }

  /// What the operator can do.
  package var remedy: Remedy {
    switch self {
    case .unfitToken, .sameTokens: Remedy(.makeToken)
    case .tokensNeeded: Remedy(.setTokens)
    case .cannotListen: Remedy(.nameOtherAddress)
    }
  }
}
