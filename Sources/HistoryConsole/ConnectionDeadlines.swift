internal import NIOCore
internal import NIOHTTPTypes

/// Closes a connection whose client takes too long over a request: one that sends it byte by byte would keep its place for ever.
///
/// A head has to be there in time, and a body after it; what the server itself takes does not count.
final class ConnectionDeadlines: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let configuration: HistoryServerConfiguration
  private var timer: Scheduled<Void>?

  /// Whether the end of a request's body is waited for.
  private var isReceiving = false

  /// For how long after an answer the rest of a body is read that the answer did not wait for.
  private static let lingering = Duration.seconds(5)

  /// How much later than the server's own answer to a slow body the connection is closed.
  private static let grace = Duration.seconds(2)

  init(_ configuration: HistoryServerConfiguration) {
    self.configuration = configuration
  }

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { close(in: configuration.headTimeout, context) }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    timer?.cancel()
  }

  func channelActive(context: ChannelHandlerContext) {
    close(in: configuration.headTimeout, context)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    timer?.cancel()
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head:
      isReceiving = true
      close(in: configuration.bodyTimeout + Self.grace, context)
    case .body: break
    case .end:
      isReceiving = false
      timer?.cancel()
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    if case .end = unwrapOutboundIn(data) {
      close(in: isReceiving ? Self.lingering : configuration.idleTimeout, context)
    }
    context.write(data, promise: promise)
  }

  private func close(in time: Duration, _ context: ChannelHandlerContext) {
    timer?.cancel()
    let channel = context.channel
    timer = context.eventLoop.scheduleTask(in: .nanoseconds(Int64(time / .nanoseconds(1)))) {
      channel.close(promise: nil)
    }
  }
}
