extension Remedy {
  /// Every remedy that csmh can print: its form, with `{}` where a name, a number or another remedy stands.
  ///
  /// A test follows each of them, literally, and the test run fails for one that was not followed.
  package enum Name: String, Sendable, Hashable, CaseIterable {
    // MARK: The same command again

    case again = "run the same command again: it goes on where it stopped"
    case thenAgain = "{} then run the same command again: it goes on where it stopped"
    case andThenAgain = "{}, then run the same command again: it goes on where it stopped"
    case mendCause = "mend the cause"
    case lookThenAgain = "look at what was changed, then run the same command again: it goes on where it stopped"
    case makeRoomThenAgain = "make room, then run the same command again"
    case waitForOther = "wait until it has ended, then run the command again"
    case tryLater = "run the command again"
    case orForce = "{}; or --force"

    // MARK: The command line and the configuration

    case seeHelp = "csmh --help"
    case seeURLForms = "csmh help status shows the forms"
    case nameInstallation =
      "give --lms-config FILE, --tutor-root DIR, or --original URL --extended URL; or try csmh devstack"
    case nameConfiguration = "give --lms-config FILE, --tutor-root DIR or --directory DIR"
    case nameConfigurationOrMigrate = "give --lms-config FILE, --tutor-root DIR or --directory DIR; or run csmh migrate"
    case nameConfigurationFile = "name the LMS configuration with --lms-config"
    case nameFileInsteadOfInput = "name the file of the LMS configuration: --lms-config FILE"
    case leaveOutFlags = "leave --flags out, or name the databases with --original and --extended"
    case nameConfigurationForRule = "name it by --lms-config FILE"
    case nameRunningSettings = "give the settings of the running LMS, as JSON: --lms-config FILE"
    case nameStudioConfiguration = "name it: --cms-config FILE"
    case mendStudioConfiguration = "mend it, or name another: --cms-config FILE"
    case agreeStudioConfiguration = "make {} agree with the LMS configuration, and restart the processes of both"
    case addExtendedDatabase =
      "add the database of the extended table under DATABASES: student_module_history, as Open edX calls it"
    case ownDatabase = "the extended table lives in a database of its own, usually {}"
    case ownFile = "the extended table lives in a file of its own"
    case sameKind = "both tables of an installation live in databases of the same kind"
    case nameDefaultFile = "name the file that Open edX calls `default`"
    case nameDefaultDatabase = "name the database that Open edX calls `default` (usually {})"
    case checkPath = "check the path, or run csmh devstack for a demo installation"
    case seeOptionFiles = "docs/sessions.md says what an option file may hold"
    case startSuperviseAgain = "start csmh supervise again: it then works on them"
    case makeDevstack = "csmh devstack"
    case nameOtherFolder = "name another folder with --directory"
    case nameNewDatabase = "name a database that does not exist yet"
    case nameOtherFile = "name another one, or add --yes to replace it"
    case addYes = "add --yes to the same command"
    case giveYes = "give --yes, if that is what you want"
    case leaveOutSubmissions = "leave --submissions out"
    case giveRunwayInIDs = "give the runway in ids: --runway 500000"
    case makeToken = "make one with: openssl rand -hex 32"
    case setTokens = "set a read token and a write token, or bind to 127.0.0.1"
    case nameOtherAddress = "name another address and port"

    // MARK: Reaching a server

    case checkServerRuns = "check that the server runs and that host, port or socket are right"
    case checkTLS = "check ssl-mode and ssl-ca"
    case checkLogin = "check user and password ({}, the option file, or the LMS configuration)"
    case checkLoginOrEncrypt =
      "check user and password ({}, the option file, or the LMS configuration). If the account demands encryption, the server must offer it, and ssl-mode in the URL ask for it"
    case encryptConnection =
      "encrypt the connection: ssl-mode=required in the URL, or ssl_mode: REQUIRED among the OPTIONS of the LMS configuration"
    case alterUser =
      "as an administrator, run what this prints: SELECT CONCAT('ALTER USER ''', REPLACE(user, '''', ''''''), '''@''', host, ''' {};') FROM mysql.user WHERE user = '{}';"
    case alterUserWithPassword =
      "as an administrator, run what this prints: SELECT CONCAT('ALTER USER ''', REPLACE(user, '''', ''''''), '''@''', host, ''' {};') FROM mysql.user WHERE user = '{}'; with a password in place of the dots"
    case flushHosts =
      "FLUSH HOSTS; on that server, or from MySQL 8.3 on TRUNCATE TABLE performance_schema.host_cache;"
    case makeAccountForHost = "make an account that may log in from this host (docs/migrating.md)"
    case grant = "GRANT {};"
    case setDefaultRole = "SET DEFAULT ROLE {};"
    case namePrimaryForFence = "name the primary as the original database"
    case namePrimary = "name the primary of {}"
    case oneNodeForFence =
      "shut the other nodes down, run the same command again, and start them again when it has ended"

    // MARK: A server's settings

    case raiseUserConnections = "SET GLOBAL max_user_connections = 0;"
    case waitForConnections =
      "wait until others have closed their connections, or raise max_connections on that server"
    case connectToPrimary = "connect to the primary; if this is the primary: SET GLOBAL read_only = OFF;"
    case giveMemory = "give the server more memory, or stop what else uses it"
    case raiseBinlogCache = "SET GLOBAL max_binlog_cache_size = DEFAULT;"
    case raiseBinlogStatementCache = "SET GLOBAL max_binlog_stmt_cache_size = DEFAULT;"
    case raiseBufferPool =
      "raise innodb_buffer_pool_size on that server: the locks of a transaction are kept in it"
    case takeDynamicRows = "SET GLOBAL innodb_default_row_format = DYNAMIC;"
    case makeTableByHand =
      "make the table by hand with shorter indexes (csmh provision --print-sql prints it), or take a server with pages of 16 kB (innodb_page_size)"
    case logRows = "SET GLOBAL binlog_format = 'ROW';"
    case allowTablesWithoutKey = "SET GLOBAL sql_require_primary_key = OFF;"
    case raisePacketOfTarget =
      "on the target: SET GLOBAL max_allowed_packet = {}; then run the same command again"

    // MARK: What csmh cannot explain

    case reportUnknownError =
      "csmh does not know this error: please report the message with csmh --version, {}, and {}"
    case reportServerDefect = "this is a defect of csmh: please report the message with csmh --version, {}, and {}"
    case reportDefect = "please report it with this message and csmh --version"

    // MARK: Tables and rows

    case giveOwnIDs = "give every row an id of its own, then: {}"
    case mendNegativeIDs = "give such rows ids of 0 and above, or remove them"
    case seeConstraints =
      "look at the table's constraints, foreign keys and triggers: SHOW CREATE TABLE, SHOW TRIGGERS"
    case dropIndex = "ALTER TABLE {} DROP INDEX {};"
    case dropConstraint = "ALTER TABLE {} DROP CONSTRAINT {};"
    case modifyColumn = "ALTER TABLE {} MODIFY {};"
    case changeRow = "change the row in the {} table. Then run csmh {} again"
    case changeRowOrConstraint =
      "change the row in the {} table, or take out of the way what refuses it: {} Then run csmh {} again"
    case smallerRow = "{} Then run csmh {} again"
    case widenColumn =
      "widen the column of the {} table to today's definition (docs/migrating.md). Then run csmh {} again"
    case changeValues =
      "change these values in the {} table, or the columns of the {} one, then run csmh {} again"
    case resolveCollision =
      "look which of the two is right: native rows with low ids are moved above the starting id by csmh offset --rekey; a copy that is out of date must be deleted. Then run csmh copy again. Nothing was overwritten"
    case resolveCollisionOnReturn =
      "look which of the two is right: if it is the extended table's row, delete the original one's; if it is the original one's, give the extended table's row its content, and do not delete it. Then run csmh return again. Nothing was overwritten"
    case resolveStrangers =
      "native rows with low ids are moved above the starting id by csmh offset --rekey; a copy whose original was deleted since must be deleted. Then run csmh copy again"
    case resolveStrangersOnReturn =
      "with both flags off, csmh return --remove-deleted removes rows that came back and were deleted since; look at any other one. Then run csmh return again"

    // MARK: The migration

    case provision = "csmh provision"
    case provisionMakesIt = "csmh provision creates it"
    case upgradeJournal = "csmh provision: it brings the journal up to date"
    case useNewerCsmh = "use the newer csmh"
    case migrate = "csmh migrate"
    case catchUp = "csmh catch-up"
    case setReadersBack = "csmh flags --set READ_ONLY_FROM_CSMHE=false"
    case turnOffReadersFirst = "turn off READ_ONLY_FROM_CSMHE first"
    case turnOnWritersFirst = "turn on that flag first"
    case seeFlags = "csmh flags tells which change is safe"
    case setReadersThenDrain =
      "csmh flags --set READ_ONLY_FROM_CSMHE=true, restart every LMS and worker process, then csmh drain"
    case setFlagByCommand = "{} --flag-defaults {} --set ENABLE_CSMH_EXTENDED={}, if the LMS has it {} now"
    case setFlagByHand =
      "set ENABLE_CSMH_EXTENDED in {}, at the top level and under FEATURES, to what the LMS has now"
    case sayFlagDefault =
      "or add what the LMS's release takes it for: --flag-defaults on, or --flag-defaults off"
    case sayFlagDefaultOr = "if the LMS has it off already, add --flag-defaults off; if it has it on, {}"
    case restartThenMigrate = "restart every LMS and worker process that still has the old flag, then csmh migrate"
    case restartThenCatchUp = "restart every LMS and worker process, then csmh catch-up"
    case restartThenDrain =
      "restart every LMS and worker process, run csmh catch-up, then csmh drain again: it goes on where it stopped"
    case restartThenMoveRows =
      "restart every LMS and worker process; then move these rows away by hand, and run csmh drain again"
    case nothingChanged = "nothing was changed; the copies in the {} table stay as they are"
    case findHiddenTransaction =
      "look for it with SHOW ENGINE INNODB STATUS, end it, and run the command again (with PROCESS, csmh names it)"
    case endTransaction = "let it end, or KILL it, and run the command again"
    case widenIDs =
      "csmh return --widen, or run it yourself in a quiet hour, as it rebuilds the table and keeps writers out meanwhile: {}"
    case repairStartingID = "csmh offset --repair --runway 1d"
    case repairStartingIDBy = "csmh offset --repair --headroom {}"
    case raiseStartingID = "csmh offset --repair (it raises AUTO_INCREMENT, and never lowers it)"
    case rekey =
      "csmh offset --rekey moves rows that the LMS wrote above the original ids; look first with --print-plan"
    case rekeyThenReturn = "csmh offset --rekey moves them up; then run csmh return again"
    case moveReused =
      "csmh verify names them: insert each anew without its id, so that it gets the next one, and delete the old row"
    case rekeyCollisions = "csmh offset --rekey, where the LMS wrote these rows: it moves them above the original ids"
    case copyNamesRows = "csmh copy copies the other ranges, and shows the first rows that stand in the way of each"
    case smallerHeadroomOption = "choose a smaller --headroom"
    case shorterRunway = "ask for a shorter --runway, or a smaller --headroom"
    case leaveNativeRows = "leave the native rows where they are: nothing was changed"
    case returnEverything =
      "csmh return brings everything back to the original table, and says how to turn the flag off then"
    case seeStatus = "csmh status shows how far it is"
    case flushAtCommit =
      "SET GLOBAL innodb_flush_log_at_trx_commit = 1, GLOBAL sync_binlog = 1; on the extended server while csmh drains; or csmh drain --accept-unflushed"
    case reconcile =
      "csmh reconcile --print-plan says what it would do about it, and csmh reconcile does it; csmh verify and csmh recheck still compare"
    case recheck = "csmh recheck compares the extended table with the manifest"
    case raiseDrainLimit = "csmh drain --transaction-limit {}"
    case verifyThenCatchUp = "csmh verify names the rows; csmh catch-up mends them"

    // MARK: Findings of check

    case adviseWritesFirst = "csmh advise says how to let the writes move first"
    case leaveNativeRowsToFlags =
      "csmh flags says what the flags mean now; if the LMS writes both tables, remove the application coursewarehistoryextended from INSTALLED_APPS or turn the flag on"
    case fakeMigrations = "./manage.py lms migrate --database student_module_history --fake {}"
    case fakeMigrationsOnce =
      "run it once, where the application is installed, before ENABLE_CSMH_EXTENDED is turned on in the settings that manage.py reads"
    case waitForSynced = "wait until SHOW GLOBAL STATUS LIKE 'wsrep_local_state_comment'; says Synced"
    case oneNode =
      "name one and the same node, to which the LMS writes, to every csmh process and in the LMS configuration"
    case findTriggersOwner = "find out whose it is, then:"
    case dropTrigger = "DROP TRIGGER {};"
    case beStrict =
      "SET GLOBAL sql_mode = CONCAT_WS(',', NULLIF(@@GLOBAL.sql_mode, ''), 'STRICT_TRANS_TABLES'); and the same in the server's option file"
    case showDiskSpace = "INSTALL SONAME 'disks'; GRANT FILE ON *.* TO {}; or df{} on the {} server"
    case askDiskSpace = "df{} on the {} server"
    case makeRoomForCopy = "make room on the extended server, or purge its binary log while csmh copies"
    case makeRoomForWrites = "make room on the original server"
    case convertCharacterSet = "ALTER TABLE {} CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;"
    case raisePacketOfServer =
      "SET GLOBAL max_allowed_packet = {}; on the {} server, and the same in its option file"
    case addRouter = "add {} to DATABASE_ROUTERS, in the LMS and in the CMS"
    case addRouterFirst =
      "add {} to DATABASE_ROUTERS, in the LMS and in the CMS, before ENABLE_CSMH_EXTENDED is turned on"
    case addApplication = "add {} to INSTALLED_APPS, in the LMS and in the CMS"
    case addApplicationWithFlag =
      "add {} to INSTALLED_APPS, in the LMS and in the CMS, together with turning ENABLE_CSMH_EXTENDED on"
    case setClocks = "set USE_TZ = True in the LMS, and the clocks of its machine and of the server"
    case findTablesOwner = "find out whose they are; csmh neither reads nor changes them"
    case stopOldScript = "stop the script that copies"
    case migrateAdopts = "csmh migrate adopts the rows that are right, and copies those that it lost"
    case endLongTransaction = "let it end, or KILL {}; on the {} server"
    case namePrimaryIfReplica = "make sure that the LMS writes to this server; else name its primary"
    case watchReplicas = "{}; on each replica while csmh copies"
    case slowDownForReplicas = "csmh copy --max-rows-per-second 5000, if they fall behind"
    case logRowsForGood = "SET GLOBAL binlog_format = 'ROW'; and the same in the server's option file"
    case readCommitted =
      "SET GLOBAL TRANSACTION ISOLATION LEVEL READ COMMITTED; and the same in the server's option file"
    case widenCreated = "ALTER TABLE {} MODIFY created {} NOT NULL;"
    case dropForeignKey = "ALTER TABLE {} DROP FOREIGN KEY `{}`;"
    case mayDropForeignKey =
      "nothing for the copy; today's Open edX drops it in its migrations (courseware 0009): ALTER TABLE {} DROP FOREIGN KEY `{}`;"
    case addIndex = "ALTER TABLE {} ADD INDEX `{}` (`{}`);"
    case dropSecondIndex = "ALTER TABLE {} DROP INDEX `{}`;"

    static let place = "{}"
  }
}
