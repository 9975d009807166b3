package enricher

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
)

// replicasOfAHost is how many enrichers of one group get names of their own on one host.
const replicasOfAHost = 64

// claim returns the name of this replica, for its transactions and its place in the group, and what gives the name up. A
// replica that starts after another one has ended, however it ended, gets the name that is free then, and so takes its
// place: its open transaction ends, and its partitions need not wait for the end of its session.
//
// Where none is given it is the group and the host's name, which in a container is the replica's own, and a number for
// the second and every further replica on one host. The system takes the lock from a process that ends. The number needs a
// folder that the replicas of a host share, which is the one for temporary files. Containers share none, and have host names
// of their own. Where replicas have one host's name and no such folder (containers on the host's network, systemd's
// PrivateTmp, another TMPDIR) each needs a name that is given; otherwise all but one end with ErrNameTaken.
func (c *Config) claim() (name string, release func(), err error) {
	nothing := func() {}
	if c.TransactionalID != "" {
		return c.TransactionalID, nothing, nil
	}
	host, err := os.Hostname()
	if err != nil {
		return "", nil, fmt.Errorf("find the host's name: %w; give --transactional-id", err)
	}
	return claimIn(os.TempDir(), c.Group+"-"+host)
}

func claimIn(folder, first string) (name string, release func(), err error) {
	tried := false
	for n := 1; n <= replicasOfAHost; n++ {
		name := first
		if n > 1 {
			name = fmt.Sprintf("%s-%d", first, n)
		}
		lock := flock.New(filepath.Join(folder, "catsvdogs-"+fileName.Replace(name)+".lock"))
		locked, err := lock.TryLock()
		if locked {
			return name, func() { _ = lock.Close() }, nil
		}
		_ = lock.Close()
		if err != nil && !errors.Is(err, os.ErrPermission) {
			break // a folder that nobody can write to, as in a container
		}
		tried = tried || err == nil // otherwise it is another user's
	}
	if !tried {
		return first, func() {}, nil
	}
	return "", nil, fmt.Errorf("%d enrichers of this group run on this host, or other users have taken the names; give --transactional-id", replicasOfAHost)
}

// fileName keeps a name from being a path.
var fileName = strings.NewReplacer("/", "_", `\`, "_", ":", "_")
