//go:build unix

package realparts

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"catsvdogs/services/e2e/supervise"
)

// minioVersion is the last one of the community edition, which comes as source only. It is built for tests, under the
// AGPL, and never shipped.
const minioVersion = "v0.0.0-20260212201848-7aac2a2c5b7c"

// MinIO gives a store.
func MinIO(ctx context.Context) (*Server, error) {
	s := &Server{Name: "MinIO", Addr: os.Getenv("S3_ENDPOINT"), AccessKey: os.Getenv("S3_ACCESS_KEY"), SecretKey: os.Getenv("S3_SECRET_KEY")}
	if s.Addr == "" {
		return MinIOAs(ctx, Node{})
	}
	if !strings.Contains(s.Addr, "://") {
		s.Addr = "http://" + s.Addr
	}
	if s.AccessKey == "" || s.SecretKey == "" {
		return nil, fmt.Errorf("S3_ENDPOINT=%s: give S3_ACCESS_KEY and S3_SECRET_KEY, too", s.Addr)
	}
	s.ready = answersAtAll(s.Addr) // a store refuses what is not signed, which is an answer
	return given(ctx, s, "S3_ENDPOINT")
}

// MinIOAs starts a store of our own as n says. Its SecretKey is empty where n has a PasswordFile.
func MinIOAs(ctx context.Context, n Node) (*Server, error) {
	dir, err := fetched(ctx, "minio-"+minioVersion, "MinIO (built from source, four minutes on two cores)", func(ctx context.Context, dir string) error {
		return command(ctx, dir, []string{"GOBIN=" + dir, "GOFLAGS=", "GOWORK=off"}, "go", "install", "github.com/minio/minio@"+minioVersion)
	})
	if err != nil {
		return nil, err
	}
	addrs, err := freeAddrs(ctx, 1)
	if err != nil {
		return nil, err
	}
	s := &Server{Name: "MinIO", Addr: "http://" + addrs[0], AccessKey: cmp.Or(n.User, "catsvdogs")}
	password := "MINIO_ROOT_PASSWORD_FILE=" + n.PasswordFile
	if n.PasswordFile == "" {
		s.SecretKey = "catsvdogs-test"
		password = "MINIO_ROOT_PASSWORD=" + s.SecretKey
	}
	s.ready = answers(s.Addr + "/minio/health/ready")
	return begin(ctx, s, func(scratch string) (supervise.Program, error) {
		return supervise.Program{
			Path: filepath.Join(dir, "minio"), Args: []string{"server", "--address", addrs[0], cmp.Or(n.Data, filepath.Join(scratch, "data"))},
			Env: []string{"MINIO_ROOT_USER=" + s.AccessKey, password},
		}, nil
	})
}
