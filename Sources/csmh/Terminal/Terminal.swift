import Foundation

/// What the console knows of the terminal itself.
enum Terminal {
  /// Whether a descriptor is a terminal on which the cursor can be moved.
  static func canDraw(on descriptor: Int32) -> Bool {
    isatty(descriptor) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
  }

  /// The size at this moment; 120 columns and 40 rows where it cannot be told.
  static func size(of descriptor: Int32) -> (columns: Int, rows: Int) {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 else { return (120, 40) }
    return (size.ws_col > 0 ? Int(size.ws_col) : 120, size.ws_row > 0 ? Int(size.ws_row) : 40)
  }

  /// Writes a text. A reader that went away must not end the work: errors of writing are left alone on purpose.
  static func put(_ text: String, _ descriptor: Int32) {
    var text = text
    text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while let start = rest.baseAddress, rest.count > 0 {
        let count = write(descriptor, start, rest.count)
        if count > 0 {
          rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        } else if errno == EAGAIN {
          var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          poll(&ready, 1, -1)
        } else if errno != EINTR {
          return
        }
      }
    }
  }
}
