internal import Foundation
internal import Hummingbird
internal import HummingbirdCore
package import Logging
internal import NIOCore
internal import ServiceLifecycle
package import StudentModuleHistory
internal import UnixSignals

/// The history API over HTTP.
///
/// Histories are read, written and deleted as the flags of the present router say; the router may be replaced at any time. SIGTERM and
/// SIGINT stop it gracefully: it takes no more connections, and finishes the requests that have begun.
package struct HistoryServer: Sendable {
  private let responder: HistoryResponder
  private let configuration: HistoryServerConfiguration
  private let logger: Logger

  /// - Parameters:
  ///   - routers: the present router.
  ///   - configuration: where to listen, tokens, limits.
  ///   - logger: told of databases that fail and recover, of colliding ids and of defects; never of states, tokens or queries.
  ///   - flags: what `/v1/flags` tells.
  /// - Throws: ``HistoryServerError/tokensNeeded(host:)``.
  package init(
    switch routers: RouterSwitch, configuration: HistoryServerConfiguration, logger: Logger,
    flags: @escaping @Sendable () async throws -> FlagsDocument
  ) throws(HistoryServerError) {
    try configuration.validate()
    self.configuration = configuration
    self.logger = logger
    responder = HistoryResponder(routers: routers, configuration: configuration, logger: logger, flags: flags)
  }

  /// Serves until the process is told to stop, or until the task is cancelled.
  ///
  /// - Parameter onServing: called once with the URL, as soon as connections are taken.
  /// - Throws: ``HistoryServerError/cannotListen(address:reason:)``.
  package func run(onServing: @escaping @Sendable (_ url: String) async -> Void = { _ in }) async throws {
    // The framework tells of its own start; what matters is told by `onServing`.
    var quiet = logger
    quiet.logLevel = .error
    let configuration = configuration
    let host = configuration.host.contains(":") ? "[\(configuration.host)]" : configuration.host
    let application = Application(
      responder: responder,
      server: .http1(
        configuration: .init(
          additionalChannelHandlers: [ConnectionDeadlines(configuration)],
          idleTimeout: .nanoseconds(Int64(configuration.idleTimeout / .nanoseconds(1))))),
      configuration: ApplicationConfiguration(
        address: .hostname(configuration.host, port: configuration.port), serverName: nil,
        availableConnectionsDelegate: .maximum(connectionLimit, logger: quiet)),
      onServerRunning: { channel in await onServing("http://\(host):\(channel.localAddress?.port ?? 0)") },
      logger: quiet)
    var group = ServiceGroupConfiguration(
      services: [.init(service: application)], gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
    group.maximumGracefulShutdownDuration = configuration.shutdownTimeout
    do {
      try await ServiceGroup(configuration: group).run()
    } catch let error as IOError {
      throw HistoryServerError.cannotListen(
        address: "\(host):\(configuration.port)", reason: String(cString: strerror(error.errnoCode)))
    }
  }

  /// Some files are left for the databases, the configuration and the event loops.
  private var connectionLimit: Int {
    let files = sysconf(Int32(_SC_OPEN_MAX))
    return files > 0
      ? max(1, min(configuration.maximumConnections, Int(files) - 128)) : configuration.maximumConnections
  }
}
