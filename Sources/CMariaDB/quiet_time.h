#ifndef CSMH_CMARIADB_QUIET_TIME_H
#define CSMH_CMARIADB_QUIET_TIME_H

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <sys/socket.h>

/* For how many milliseconds nothing has passed on a TCP connection: no byte came in, and none that is on its way was acknowledged
 * (tcp(7), TCP_INFO). -1 where the system does not tell: another kind of socket, another system. */
static inline int64_t csmh_quiet_milliseconds(int socket) {
#ifdef __linux__
  struct tcp_info info;
  socklen_t length = sizeof info;
  if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return -1;
  int64_t quiet = info.tcpi_last_data_recv;
  if (info.tcpi_unacked > 0 && info.tcpi_last_ack_recv < quiet) quiet = info.tcpi_last_ack_recv;
  return quiet;
#else
  (void)socket;
  return -1;
#endif
}

#endif
