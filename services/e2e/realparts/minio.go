//go:build unix

package realparts

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// minioVersion is the last one of the community edition, which comes as source only. It is built for tests, under the
// AGPL, and never shipped.
const minioVersion = "v0.0.0-20260212201848-7aac2a2c5b7c"

// Keys of the store that MinIO starts.
const (
	MinIOAccessKey = "catsvdogs"
	MinIOSecretKey = "catsvdogs-test"
)

// MinIO starts a store and returns it with its URL.
func MinIO(t testing.TB) (s *Server, url string) {
	t.Helper()
	dir := fetched(t, "minio-"+minioVersion, "MinIO (built from source, some minutes)", func(dir string) error {
		return run(dir, []string{"GOBIN=" + dir, "GOFLAGS=", "GOWORK=off"}, "go", "install", "github.com/minio/minio@"+minioVersion)
	})
	addr, data := freeAddr(t), t.TempDir()
	url = "http://" + addr
	s = start(t, "minio", func() *exec.Cmd {
		cmd := exec.Command(filepath.Join(dir, "minio"), "server", "--address", addr, data)
		cmd.Env = append(os.Environ(), "MINIO_ROOT_USER="+MinIOAccessKey, "MINIO_ROOT_PASSWORD="+MinIOSecretKey)
		return cmd
	}, answers(url+"/minio/health/ready"))
	return s, url
}
