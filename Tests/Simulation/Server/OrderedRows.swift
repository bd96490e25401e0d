/// Values by ascending ids.
struct OrderedRows<Value> {
  private(set) var ids: [UInt64] = []
  private(set) var values: [Value] = []

  var isEmpty: Bool { ids.isEmpty }
  var count: Int { ids.count }

  /// The index of the first id at or above `id`.
  func index(from id: UInt64) -> Int {
    if let last = ids.last, last < id { return ids.count }
    var (low, high) = (0, ids.count)
    while low < high {
      let middle = (low + high) / 2
      if ids[middle] < id { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The smallest id at or above `id`.
  func firstID(from id: UInt64) -> UInt64? {
    let index = index(from: id)
    return index < ids.count ? ids[index] : nil
  }

  subscript(id: UInt64) -> Value? {
    get {
      let index = index(from: id)
      return index < ids.count && ids[index] == id ? values[index] : nil
    }
    set {
      let index = index(from: id)
      let isThere = index < ids.count && ids[index] == id
      switch (newValue, isThere) {
      case (let value?, true): values[index] = value
      case (let value?, false):
        ids.insert(id, at: index)
        values.insert(value, at: index)
      case (nil, true):
        ids.remove(at: index)
        values.remove(at: index)
      case (nil, false): break
      }
    }
  }
}
