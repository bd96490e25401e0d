import Testing

@testable import MigrationAdvice

/// What SHOW CREATE TABLE prints is cut into parts, whatever names and comments hold.
@Suite struct TableDefinitionTests {
  @Test("foreign keys are found, and comments that look like them are not")
  func comments() {
    let definition = TableDefinition(
      """
      CREATE TABLE `a(b,` (
        `id` int(11) NOT NULL AUTO_INCREMENT COMMENT 'CONSTRAINT `x` FOREIGN KEY (`id`) REFERENCES `y` (`id`),',
        `note` varchar(9) DEFAULT ',CONSTRAINT `z` FOREIGN KEY ('')' COMMENT 'it''s \\',
        `state` decimal(10,2) DEFAULT NULL,
        PRIMARY KEY (`id`),
        CONSTRAINT `odd ``name``, (1` FOREIGN KEY (`note`, `id`) REFERENCES `other` (`n``o`, `id`) ON DELETE CASCADE,
        CONSTRAINT `c` CHECK (json_valid(`note`)),
        CONSTRAINT `last` FOREIGN KEY (`id`) REFERENCES `t` (`id`)
      ) ENGINE=InnoDB COMMENT=') CONSTRAINT `n` FOREIGN KEY'
      """)
    #expect(definition.foreignKeys.map(\.name) == ["odd `name`, (1", "last"])
    #expect(
      definition.foreignKeys.map(\.definition) == [
        "FOREIGN KEY (`note`, `id`) REFERENCES `other` (`n``o`, `id`) ON DELETE CASCADE",
        "FOREIGN KEY (`id`) REFERENCES `t` (`id`)",
      ])
  }

  @Test(
    "texts that are no definition have no parts",
    arguments: ["", "(", "CREATE TABLE `a", "CREATE TABLE 'x", "()", "))"])
  func broken(sql: String) {
    #expect(TableDefinition(sql).foreignKeys.isEmpty)
  }
}
