package simulator

import (
	"crypto/tls"
	"syscall"

	"golang.org/x/sys/unix"
)

// socketPosition asks the kernel (tcp(7), TCP_INFO and SIOCOUTQ). What the
// client's kernel has acknowledged need not have been read; what it has not,
// cannot have been. TLS and compression do not matter: bytes on the wire are
// compared with bytes on the wire.
func socketPosition(conn any) (p position) {
	if over, ok := conn.(*tls.Conn); ok {
		conn = over.NetConn()
	}
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return position{}
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return position{}
	}
	_ = raw.Control(func(fd uintptr) { // closed: not known
		// In this order: what is acknowledged in between makes the end of the
		// batch seem later than it is, never earlier.
		queued, err := unix.IoctlGetInt(int(fd), unix.SIOCOUTQ)
		if err != nil {
			return
		}
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		if err != nil {
			return
		}
		p = position{written: info.Bytes_acked + uint64(queued), acknowledged: info.Bytes_acked, known: true}
	})
	return p
}
