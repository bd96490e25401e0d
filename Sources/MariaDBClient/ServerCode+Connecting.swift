extension ServerCode {
  /// Numbers that speak of a connection or an account.
  static let connecting: [ServerCode] = [
    .init(2001, "CR_SOCKET_CREATE_ERROR", .client, .unreachable, "no socket could be made"),
    .init(2002, "CR_CONNECTION_ERROR", .client, .unreachable, "nothing listens at the socket"),
    .init(2003, "CR_CONN_HOST_ERROR", .client, .unreachable, "nothing listens at the port"),
    .init(2004, "CR_IPSOCK_ERROR", .client, .unreachable, "no TCP socket could be made"),
    .init(2005, "CR_UNKNOWN_HOST", .client, .unreachable, "the host's name is not known"),
    .init(2009, "CR_WRONG_HOST_INFO", .client, .unreachable, "the host is none"),
    .init(2010, "CR_LOCALHOST_CONNECTION", .client, .unreachable, "nothing listens at the socket"),
    .init(3032, "ER_SERVER_OFFLINE_MODE", .unreachable, "the server is in offline mode"),
    .init(3168, "ER_SERVER_ISNT_AVAILABLE", .mySQL, .unreachable, "the server is not available"),

    .init(1043, "ER_HANDSHAKE_ERROR", .connectionLost, "the connection broke while it was made"),
    .init(1053, "ER_SERVER_SHUTDOWN", .connectionLost, "the server is shutting down"),
    .init(1077, "ER_NORMAL_SHUTDOWN", .mariaDB, .connectionLost, "the server is shutting down"),
    .init(1079, "ER_SHUTDOWN_COMPLETE", .connectionLost, "the server has shut down"),
    .init(1080, "ER_FORCING_CLOSE", .connectionLost, "the server ended the connection while it shut down"),
    .init(1152, "ER_ABORTING_CONNECTION", .connectionLost, "the server aborted the connection"),
    .init(1156, "ER_NET_PACKETS_OUT_OF_ORDER", .connectionLost, "packets arrived out of order"),
    .init(1157, "ER_NET_UNCOMPRESS_ERROR", .connectionLost, "a packet could not be uncompressed"),
    .init(1158, "ER_NET_READ_ERROR", .connectionLost, "the server could not read from the connection"),
    .init(1159, "ER_NET_READ_INTERRUPTED", .connectionLost, "the server waited too long for the client"),
    .init(1160, "ER_NET_ERROR_ON_WRITE", .connectionLost, "the server could not write to the connection"),
    .init(1161, "ER_NET_WRITE_INTERRUPTED", .connectionLost, "the server waited too long until the client took bytes"),
    .init(1184, "ER_NEW_ABORTING_CONNECTION", .connectionLost, "the server aborted the connection while it was made"),
    .init(1927, "ER_CONNECTION_KILLED", .mariaDB, .connectionLost, "somebody killed the connection"),
    .init(2006, "CR_SERVER_GONE_ERROR", .client, .connectionLost, "the server has closed the connection"),
    .init(2012, "CR_SERVER_HANDSHAKE_ERR", .client, .connectionLost, "the connection broke while it was made"),
    .init(2013, "CR_SERVER_LOST", .client, .connectionLost, "the connection broke while a statement ran"),
    .init(2027, "CR_MALFORMED_PACKET", .client, .connectionLost, "a packet that makes no sense"),
    .init(2055, "CR_SERVER_LOST_EXTENDED", .client, .connectionLost, "the connection broke while a statement ran"),
    .init(3169, "ER_SESSION_WAS_KILLED", .mySQL, .connectionLost, "somebody killed the session"),
    .init(
      4031, "ER_CLIENT_INTERACTION_TIMEOUT", .mySQL, .connectionLost,
      "the connection was idle for longer than the server allows"),
    .init(5013, "CR_ERR_NET_READ", .client, .connectionLost, "the connection could not be read from"),
    .init(5014, "CR_ERR_NET_WRITE", .client, .connectionLost, "the connection could not be written to"),

    .init(2026, "CR_SSL_CONNECTION_ERROR", .client, .tls, "the encryption could not be had"),

    .init(
      1045, "ER_ACCESS_DENIED_ERROR", .authentication,
      "user or password refused, or encryption that the account demands"),
    .init(1129, "ER_HOST_IS_BLOCKED", .authentication, "the host is blocked after too many broken connections"),
    .init(1130, "ER_HOST_NOT_PRIVILEGED", .authentication, "no account admits this host"),
    .init(
      1251, "ER_NOT_SUPPORTED_AUTH_MODE", .authentication,
      "the server asks for a way to log in that the client does not know"),
    .init(
      1275, "ER_SERVER_IS_IN_SECURE_AUTH_MODE", .mariaDB, .authentication, "the account's password has an old form"),
    .init(1524, "ER_PLUGIN_IS_NOT_LOADED", .authentication, "a plugin of the server is not loaded"),
    .init(1698, "ER_ACCESS_DENIED_NO_PASSWORD_ERROR", .authentication, "the account takes no password from this user"),
    .init(1873, "ER_ACCESS_DENIED_CHANGE_USER_ERROR", .authentication, "user or password refused"),
    .init(2049, "CR_SECURE_AUTH", .client, .authentication, "the account's password has an old form"),
    .init(2058, "CR_ALREADY_CONNECTED", .client, .authentication, "the client library cannot log in"),
    .init(
      2059, "CR_AUTH_PLUGIN_CANNOT_LOAD", .client, .authentication, "the client library lacks a plugin to log in with"),
    .init(2061, "CR_AUTH_PLUGIN_ERR", .client, .authentication, "the plugin to log in with failed"),
    .init(5010, "CR_PLUGIN_NOT_ALLOWED", .client, .authentication, "the plugin to log in with is not allowed"),
    .init(5012, "CR_ERR_LOAD_PLUGIN", .client, .authentication, "the plugin to log in with cannot be loaded"),

    .init(3118, "ER_ACCOUNT_HAS_BEEN_LOCKED", .mySQL, .accountLocked, "the account is locked"),
    .init(
      3955, "ER_USER_ACCESS_DENIED_FOR_USER_ACCOUNT_BLOCKED_BY_PASSWORD_LOCK", .mySQL, .accountLocked,
      "the account is blocked after too many refused logins"),
    .init(4150, "ER_USER_IS_BLOCKED", .mariaDB, .accountLocked, "the account is blocked after too many refused logins"),
    .init(4151, "ER_ACCOUNT_HAS_BEEN_LOCKED", .mariaDB, .accountLocked, "the account is locked"),

    .init(1820, "ER_MUST_CHANGE_PASSWORD", .passwordExpired, "the account's password has expired"),
    .init(1862, "ER_MUST_CHANGE_PASSWORD_LOGIN", .passwordExpired, "the account's password has expired"),

    .init(3159, "ER_SECURE_TRANSPORT_REQUIRED", .mySQL, .tlsDemanded, "the server takes encrypted connections only"),

    .init(1040, "ER_CON_COUNT_ERROR", .limit, "the server has no connection left"),
    .init(
      1203, "ER_TOO_MANY_USER_CONNECTIONS", .limit, "the user has as many connections as the server allows one user"),
    .init(1226, "ER_USER_LIMIT_REACHED", .limit, "the account has used up a limit of its own"),

    .init(1044, "ER_DBACCESS_DENIED_ERROR", .privilege, "no privilege for the database"),
    .init(1142, "ER_TABLEACCESS_DENIED_ERROR", .privilege, "a privilege for the table is missing"),
    .init(1143, "ER_COLUMNACCESS_DENIED_ERROR", .privilege, "a privilege for a column is missing"),
    .init(1227, "ER_SPECIFIC_ACCESS_DENIED_ERROR", .privilege, "a privilege for the server is missing"),
    .init(1370, "ER_PROCACCESS_DENIED_ERROR", .privilege, "a privilege for a routine is missing"),
    .init(1410, "ER_CANT_CREATE_USER_WITH_GRANT", .privilege, "no privilege to make an account"),
    .init(3530, "ER_ROLE_NOT_GRANTED", .mySQL, .privilege, "a role is not granted"),
    .init(3879, "ER_DB_ACCESS_DENIED", .mySQL, .privilege, "no privilege for the database"),
  ]
}
