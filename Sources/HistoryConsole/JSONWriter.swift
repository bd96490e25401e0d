internal import NIOCore
internal import StudentModuleHistory

/// Writes JSON into the buffer that is sent: no value in between, no allocation for a record. Or hands it on piece by piece, so that a
/// document needs no memory of its own.
struct JSONWriter {
  private(set) var buffer: ByteBuffer

  /// Takes what was written, as soon as it is some.
  private let sink: ((String) -> Void)?

  /// How many bytes of a text are written at once where they are handed on.
  private static let pieceSize = 1 << 16

  /// Whether the next value of the innermost array or object follows another one.
  private var needsComma = false

  init(capacity: Int) {
    buffer = ByteBufferAllocator().buffer(capacity: capacity)
    sink = nil
  }

  /// Hands everything that `body` writes on to `sink`; every piece is whole characters.
  static func write(to sink: @escaping (String) -> Void, _ body: (inout JSONWriter) -> Void) {
    var writer = JSONWriter(sink)
    body(&writer)
    writer.handOn(all: true)
  }

  private init(_ sink: @escaping (String) -> Void) {
    buffer = ByteBufferAllocator().buffer(capacity: 2 * Self.pieceSize)
    self.sink = sink
  }

  private mutating func handOn(all: Bool = false) {
    guard let sink, buffer.readableBytes >= (all ? 1 : Self.pieceSize) else { return }
    sink(String(buffer: buffer))
    buffer.clear()
  }

  mutating func object(_ body: (inout JSONWriter) -> Void) {
    enclose("{", "}", body)
  }

  mutating func array(_ body: (inout JSONWriter) -> Void) {
    enclose("[", "]", body)
  }

  mutating func member(_ name: StaticString, _ body: (inout JSONWriter) -> Void) {
    key(name)
    body(&self)
    needsComma = true
  }

  mutating func member(_ name: StaticString, _ value: UInt64?) {
    key(name)
    number(value)
  }

  mutating func member(_ name: StaticString, _ value: Bool) {
    key(name)
    separate()
    buffer.writeStaticString(value ? "true" : "false")
  }

  mutating func member(_ name: StaticString, _ value: Double?) {
    key(name)
    separate()
    guard let value, !value.isNaN else {
      buffer.writeStaticString("null")
      return
    }
    // JSON has no infinity. A number that is too large is read as one.
    buffer.writeString(value.isFinite ? "\(value)" : value < 0 ? "-1e999" : "1e999")
  }

  mutating func member(_ name: StaticString, _ value: String?) {
    key(name)
    string(value)
  }

  mutating func number(_ value: UInt64?) {
    separate()
    guard let value else {
      buffer.writeStaticString("null")
      return
    }
    var rest = value
    // 20 digits are the most that 64 bits have.
    _ = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      var start = 20
      repeat {
        start -= 1
        digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      } while rest > 0
      return buffer.writeBytes(digits[start...])
    }
  }

  /// A text that is JSON already.
  mutating func verbatim(_ json: String) {
    separate()
    var json = json
    json.withUTF8 { pieces(of: $0) { $0.buffer.writeBytes($1) } }
  }

  mutating func string(_ value: String?) {
    separate()
    guard var value else {
      buffer.writeStaticString("null")
      return
    }
    buffer.writeInteger(UInt8(ascii: "\""))
    value.withUTF8 { pieces(of: $0) { $0.write(escaping: $1) } }
    buffer.writeInteger(UInt8(ascii: "\""))
  }

  /// Writes bytes of UTF-8 as a whole, or in pieces of whole characters that are handed on.
  private mutating func pieces(
    of bytes: UnsafeBufferPointer<UInt8>, _ write: (inout JSONWriter, UnsafeBufferPointer<UInt8>) -> Void
  ) {
    guard sink != nil else { return write(&self, bytes) }
    var start = 0
    while start < bytes.count {
      var end = min(start + Self.pieceSize, bytes.count)
      while end < bytes.count, bytes[end] & 0xC0 == 0x80 { end += 1 }
      write(&self, UnsafeBufferPointer(rebasing: bytes[start..<end]))
      handOn()
      start = end
    }
  }

  /// The time with the `T` and the `Z` of ISO 8601 at their places.
  mutating func member(time name: StaticString, _ time: HistoryTimestamp) {
    key(name)
    separate()
    buffer.writeInteger(UInt8(ascii: "\""))
    time.withUTF8 { bytes in
      buffer.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[..<10]))
      buffer.writeInteger(UInt8(ascii: "T"))
      buffer.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[11...]))
    }
    buffer.writeStaticString("Z\"")
  }

  private mutating func key(_ name: StaticString) {
    if needsComma { buffer.writeInteger(UInt8(ascii: ",")) }
    buffer.writeInteger(UInt8(ascii: "\""))
    buffer.writeStaticString(name)
    buffer.writeStaticString("\":")
    needsComma = false
  }

  private mutating func separate() {
    if needsComma { buffer.writeInteger(UInt8(ascii: ",")) }
    needsComma = true
  }

  private mutating func enclose(_ start: StaticString, _ end: StaticString, _ body: (inout JSONWriter) -> Void) {
    separate()
    buffer.writeStaticString(start)
    needsComma = false
    body(&self)
    buffer.writeStaticString(end)
    needsComma = true
  }

  /// Copies bytes of UTF-8 and escapes what JSON wants escaped. A state has a quote every few bytes, so the bytes are written into
  /// the buffer one by one and not as slices.
  private mutating func write(escaping bytes: UnsafeBufferPointer<UInt8>) {
    var escapeCount = 0
    for byte in bytes where byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
      escapeCount += byte < 0x20 ? 5 : 1
    }
    if escapeCount == 0 {
      buffer.writeBytes(bytes)
      return
    }
    let length = bytes.count + escapeCount
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { target in
      var end = 0
      for byte in bytes {
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
          target[end] = UInt8(ascii: "\\")
          target[end + 1] = byte
          end += 2
        } else if byte < 0x20 {
          for digit in ["\\", "u", "0", "0"] as [Unicode.Scalar] {
            target[end] = UInt8(ascii: digit)
            end += 1
          }
          target[end] = UInt8(ascii: "0") + (byte >> 4)
          let low = byte & 0x0F
          target[end + 1] = low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10
          end += 2
        } else {
          target[end] = byte
          end += 1
        }
      }
      return end
    }
  }
}
