import MariaDBClient
import Testing

@Suite struct LockTimesTests {
  private static func values(_ contract: SessionContract) -> [String: String] {
    Dictionary(uniqueKeysWithValues: contract.settings.map { ($0.name, $0.sql) })
  }

  @Test("a session that holds locks is one that its server ends where it is silent; each variable is set once")
  func limits() {
    let times = LockTimes(silence: 3, wait: 2)
    for (family, version) in [(ServerInformation.Family.mariaDB, 101_106), (.mySQL, 90_700)] {
      let contract = SessionContract(family: family, version: version, lockTimes: times)
      let values = Self.values(contract)
      #expect(values["net_read_timeout"] == "3" && values["net_write_timeout"] == "3")
      #expect(values["innodb_lock_wait_timeout"] == "2")
      #expect(values["idle_transaction_timeout"] == (family == .mariaDB ? "3" : nil))
      // A session that holds nothing may rest.
      #expect(values["wait_timeout"] == "28800")
    }
  }

  @Test("any other session has what servers usually give")
  func none() {
    let values = Self.values(SessionContract(family: .mariaDB, version: 101_106))
    #expect(values["net_write_timeout"] == "60" && values["idle_transaction_timeout"] == "0")
    #expect(values["innodb_lock_wait_timeout"] == nil)
  }
}
