"""A small Django site that treats the history as Open edX does. PyMySQL speaks to the servers: it needs no compiler."""

import pymysql

pymysql.install_as_MySQLdb()
