import MariaDBClient
import Testing

/// The table of error numbers, number by number.
@Suite struct ServerCodeTests {
  /// Numbers by what they mean for whoever has to decide what happens next, as the manuals describe them.
  static let expected: [MariaDBError.Kind: [UInt32]] = [
    .unreachable: [2001, 2002, 2003, 2004, 2005, 2009, 2010, 3032, 3168],
    .connectionLost: [
      1043, 1053, 1077, 1079, 1080, 1152, 1156, 1157, 1158, 1159, 1160, 1161, 1184, 1927, 2006, 2012, 2013, 2027, 2055,
      3169, 4031, 5013, 5014,
    ],
    .authentication: [
      1045, 1129, 1130, 1251, 1275, 1524, 1698, 1873, 2049, 2058, 2059, 2061, 5010, 5012,
    ],
    .accountLocked: [3118, 3955, 4150, 4151], .passwordExpired: [1820, 1862], .tlsDemanded: [3159],
    .limit: [1040, 1203, 1226], .tls: [2026],
    .privilege: [1044, 1142, 1143, 1227, 1370, 1410, 3530, 3879], .unknownDatabase: [1049],
    .unknownTable: [1051, 1146], .duplicateKey: [1022, 1062, 1169, 1586],
    .transient: [
      1020, 1028, 1030, 1047, 1180, 1181, 1192, 1205, 1213, 1223, 1412, 1614, 1615, 1637, 1689, 3058, 3100, 3101, 3572,
    ],
    .timeLimit: [1969, 3024], .exhausted: [1037, 1038, 1041, 1135, 2008],
    .readOnly: [1036, 1207, 1290, 1792, 1836, 1874, 1881, 3989], .diskFull: [1021, 1026, 1114, 1534, 1878, 3675],
    .transactionTooLarge: [1197, 1206, 1705],
    .valueRejected: [
      1048, 1138, 1264, 1265, 1292, 1364, 1366, 1367, 1406, 1411, 1690, 1713, 3140, 3150, 3907, 3988,
    ],
    .constraint: [1216, 1369, 1452, 1526, 1644, 1748, 3819, 4025], .packetTooLarge: [1153, 1301, 2020],
    .cancelled: [1317], .rowFormat: [1071, 1118, 1478, 1709],
    .configuration: [
      1005, 1034, 1104, 1194, 1195, 1286, 1449, 1467, 1598, 1661, 1662, 1665, 1785, 1812, 1814, 1932, 3098, 3750,
    ],
    .statement: [1054, 1060, 1061, 1064, 1072, 1091, 1109, 1110, 1136, 1176, 1193, 1231, 1235, 1238, 1305, 2014],
  ]

  @Test("each number means what the manual says", arguments: ServerCode.all)
  func meaning(code: ServerCode) {
    #expect(Self.expected[code.kind]?.contains(code.code) == true, "\(code)")
    #expect(ServerCode.find(code.code, nil) == code)
    #expect(!code.meaning.isEmpty && code.meaning.utf8.count < 90)
  }

  @Test("no number is missing from the table, and none stands twice")
  func complete() {
    let expected = Self.expected.values.flatMap { $0 }
    #expect(Set(expected).count == expected.count)
    #expect(Set(ServerCode.all.map(\.code)) == Set(expected))
    #expect(ServerCode.all.count == expected.count)
  }

  @Test("each has an address in the manual of whom it belongs to", arguments: ServerCode.all)
  func manual(code: ServerCode) {
    let page =
      switch code.origin {
      case .both, .mySQL:
        "https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html#error_\(code.name.lowercased())"
      case .client where code.code < 3_000:
        "https://dev.mysql.com/doc/mysql-errors/8.4/en/client-error-reference.html#error_\(code.name.lowercased())"
      case .client: "https://github.com/mariadb-corporation/mariadb-connector-c/blob/3.3/include/errmsg.h"
      case .mariaDB: "https://mariadb.com/kb/en/mariadb-error-codes/"
      }
    #expect(code.manual == page)
    let prefixes = code.origin == .client ? ["CR_"] : ["ER_", "WARN_"]
    #expect(prefixes.contains { code.name.hasPrefix($0) }, "\(code.name)")
  }

  @Test("a number that the families use for two things means each on its own servers")
  func families() {
    for code: UInt32 in [4025, 4150, 4151] {
      #expect(ServerCode.find(code, .mariaDB) != nil && ServerCode.find(code, .mySQL) == nil, "\(code)")
    }
    #expect(ServerCode.find(4031, .mySQL) != nil)
    #expect(ServerCode.find(4031, .mariaDB) == nil, "a trigger that does not exist")
    // Below, one family's number means nothing else on the other; and before a server has spoken, its family is not known.
    #expect(ServerCode.find(3118, .mariaDB)?.kind == .accountLocked)
    #expect(ServerCode.find(1969, .mySQL)?.kind == .timeLimit)
    #expect(ServerCode.find(4151, nil)?.kind == .accountLocked)
    #expect(ServerCode.find(4711, nil) == nil)
    #expect(ServerCode.find(0, nil) == nil)
  }
}
