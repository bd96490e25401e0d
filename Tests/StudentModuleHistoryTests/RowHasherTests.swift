import StudentModuleHistory
import Testing

@Suite struct RowHasherTests {
  private static let time = HistoryTimestamp("2015-10-13 12:34:56")!

  private func hash(_ change: (inout HistoryRecord) -> Void = { _ in }) -> RowHash {
    var record = HistoryRecord(id: 1, studentModuleID: 2, created: Self.time, state: "{}", grade: 0.5, maxGrade: 1)
    change(&record)
    var hasher = RowHasher()
    return hasher.hash(record)
  }

  @Test("the hash is the first half of the SHA-256 of the documented text")
  func golden() {
    // printf '1|2|2015-10-13 12:34:56.000000|0.5|1|N|%s' "$(printf '{}' | sha256sum | cut -c-64)" | sha256sum
    #expect(hash().description == "73064a2c7289c37e3fb55bbfd8d6ea89")
  }

  @Test("every column changes the hash, and NULL, '' and 'NULL' are three things")
  func columns() {
    let hashes = [
      hash(), hash { $0.id = 3 }, hash { $0.studentModuleID = 3 }, hash { $0.version = "" },
      hash { $0.version = "NULL" },
      hash { $0.version = "N" }, hash { $0.created = HistoryTimestamp("2015-10-13 12:34:56.000001")! },
      hash { $0.state = nil }, hash { $0.state = "" }, hash { $0.state = "NULL" }, hash { $0.grade = nil },
      hash { $0.grade = 0 }, hash { $0.grade = -0.0 }, hash { $0.maxGrade = nil }, hash { $0.maxGrade = 0.5 },
    ]
    #expect(Set(hashes).count == hashes.count)
  }

  @Test("texts that Unicode calls equal but whose bytes differ have different hashes")
  func canonicalEquivalence() {
    #expect(hash { $0.state = "\u{E9}" } != hash { $0.state = "e\u{301}" })
  }

  @Test("a hasher forgets the row before")
  func reuse() {
    var hasher = RowHasher()
    let long = HistoryRecord(
      id: 99, studentModuleID: 9, version: "v", created: Self.time, state: String(repeating: "x", count: 9_999))
    let short = HistoryRecord(id: 1, studentModuleID: 2, created: Self.time, state: nil)
    let first = hasher.hash(short)
    _ = hasher.hash(long)
    #expect(hasher.hash(short) == first)
  }

  @Test("a digest does not depend on the order and adds up", arguments: [2, 17, 100])
  func digest(count: Int) {
    var hasher = RowHasher()
    let rows = (1...count).map {
      hasher.hash(HistoryRecord(id: UInt64($0), studentModuleID: 1, created: Self.time, state: nil))
    }
    var forwards = RangeDigest.empty
    rows.forEach { forwards.add($0) }
    var parts = RangeDigest.empty
    var other = RangeDigest.empty
    for (index, row) in rows.reversed().enumerated() { if index % 2 == 0 { parts.add(row) } else { other.add(row) } }
    parts.add(other)
    #expect(parts == forwards)
    var missing = RangeDigest.empty
    rows.dropLast().forEach { missing.add($0) }
    #expect(missing != forwards)
  }

  @Test(
    "a hash survives being written as hexadecimal digits", arguments: [0, 1, .max, 0x0123_4567_89ab_cdef] as [UInt64])
  func hexadecimal(value: UInt64) {
    let hash = RowHash(high: value, low: ~value)
    #expect(RowHash(hexadecimal: hash.description) == hash)
    #expect(hash.description.count == 32)
  }
}
