import Logging

/// Lets the libraries' log appear where a person watches: notes, warnings and errors on standard error.
struct ConsoleLogHandler: LogHandler {
  let console: Console
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = .info

  init(console: Console) {
    self.console = console
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    // The time is left to whoever collects standard error: a service manager adds its own.
    switch event.level {
    case .trace, .debug, .info, .notice: console.note("\(event.message)")
    case .warning, .error, .critical: console.warn("\(event.message)")
    }
  }
}
