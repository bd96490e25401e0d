extension UInt64 {
  /// The difference, or 0 where it would be below.
  package func subtractingDownToZero(_ other: UInt64) -> UInt64 { self > other ? self - other : 0 }
}
