//go:build unix

package realparts

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/bcrypt"

	"catsvdogs/services/e2e/supervise"
)

// These servers ask who is there, as those of the compose stack do. They are never servers that were given, and keep their data
// in a folder of the caller's, so that the same data can be served with and without.

// Watermarks are the settings by which a large disk that is nearly full has room enough, as compose.yaml has them.
var Watermarks = []string{
	"cluster.routing.allocation.disk.watermark.low: 2gb",
	"cluster.routing.allocation.disk.watermark.high: 1gb",
	"cluster.routing.allocation.disk.watermark.flood_stage: 512mb",
}

// SecuredElasticsearch starts a single node with security on, and a superuser. The password's way into the official image is
// Elasticsearch's keystore, whose tool this build lacks; here the superuser comes from the file realm.
func SecuredElasticsearch(ctx context.Context, data, user, password string) (*Server, error) {
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
	scratch, err := os.MkdirTemp("", "catsvdogs-elasticsearch-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for Elasticsearch: %w", err)
	}
	settings, work := filepath.Join(scratch, "config"), filepath.Join(scratch, "work")
	p := supervise.Program{
		Path: filepath.Join(dir, "bin", "elasticsearch"), Dir: scratch, Scratch: scratch,
		Env: []string{"ES_JAVA_HOME=" + home, "ES_PATH_CONF=" + settings, "ES_JAVA_OPTS=-Xms640m -Xmx640m", "HOME=" + work, "ES_TMPDIR=" + work},
	}
	if os.Geteuid() == 0 {
		p.UID = nobody
	}
	err = configureElasticsearch(dir, scratch, settings, work, addrs, p.UID, Node{Data: data, Settings: Watermarks})
	if err == nil {
		err = secure(settings, user, password, p.UID)
	}
	if err != nil {
		_ = os.RemoveAll(scratch)
		return nil, fmt.Errorf("configure Elasticsearch: %w", err)
	}
	s := &Server{Name: "Elasticsearch", Addr: "http://" + addrs[0]}
	s.ready = func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Addr+"/_cluster/health?wait_for_status=yellow&timeout=1s", nil)
		if err != nil {
			return err
		}
		req.Close = true
		req.SetBasicAuth(user, password)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		if resp.StatusCode != http.StatusOK {
			err = fmt.Errorf("it answers %s", resp.Status)
		}
		_ = resp.Body.Close()
		return err
	}
	return begin(ctx, s, p)
}

// secure turns security on in a folder of settings.
func secure(settings, user, password string, uid uint32) error {
	path := filepath.Join(settings, "elasticsearch.yml")
	yml, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	off, on := []byte("xpack.security.enabled: false"), []byte("xpack.security.enabled: true\nxpack.security.http.ssl.enabled: false\nxpack.security.autoconfiguration.enabled: false")
	if !bytes.Contains(yml, off) {
		return fmt.Errorf("%s does not turn security off", path)
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		return err
	}
	for name, content := range map[string]string{
		"elasticsearch.yml": string(bytes.Replace(yml, off, on, 1)),
		"users":             user + ":" + string(hash) + "\n",
		"users_roles":       "superuser:" + user + "\n",
	} {
		path := filepath.Join(settings, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			return err
		}
		if uid != 0 {
			if err := os.Chown(path, int(uid), int(uid)); err != nil {
				return err
			}
		}
	}
	return nil
}

// KafkaWith starts a broker of one node with these settings beside those that every one of the tests has. %[1]s in a setting is
// where clients find it, %[2]s where the controller is. ready says whether the broker at an address answers.
func KafkaWith(ctx context.Context, data string, settings []string, ready func(ctx context.Context, addr string) error) (*Server, error) {
	home, err := jdk(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := fetched(ctx, "kafka-"+kafkaVersion, "Apache Kafka "+kafkaVersion+" (43 MB)", fetchKafka)
	if err != nil {
		return nil, err
	}
	addrs, err := freeAddrs(ctx, 2)
	if err != nil {
		return nil, err
	}
	scratch, err := os.MkdirTemp("", "catsvdogs-kafka-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for Kafka: %w", err)
	}
	s := &Server{Name: "Kafka", Addr: addrs[0]}
	s.ready = func(ctx context.Context) error { return ready(ctx, s.Addr) }
	java, classes, file := filepath.Join(home, "bin", "java"), filepath.Join(dir, "lib", "*"), filepath.Join(scratch, "server.properties")
	lines := strings.NewReplacer("%[1]s", addrs[0], "%[2]s", addrs[1]).Replace(strings.Join(append(settings, "log.dirs="+data, ""), "\n"))
	err = os.WriteFile(file, []byte(lines), 0o600)
	if _, formatted := os.Stat(filepath.Join(data, "meta.properties")); formatted != nil && err == nil {
		err = command(ctx, scratch, nil, java, "-cp", classes, "kafka.tools.StorageTool", "format", "-t", "catsvdogs-test-cluster", "-c", file)
	}
	if err != nil {
		_ = os.RemoveAll(scratch)
		return nil, fmt.Errorf("format Kafka's storage: %w", err)
	}
	return begin(ctx, s, supervise.Program{Path: java, Args: []string{"-Xmx320m", "-cp", classes, "kafka.Kafka", file}, Scratch: scratch})
}

// MinIOWith starts a store whose root user has the password in a file.
func MinIOWith(ctx context.Context, data, user, passwordFile string) (*Server, error) {
	dir, err := fetched(ctx, "minio-"+minioVersion, "MinIO (built from source, four minutes on two cores)", fetchMinIO)
	if err != nil {
		return nil, err
	}
	addrs, err := freeAddrs(ctx, 1)
	if err != nil {
		return nil, err
	}
	scratch, err := os.MkdirTemp("", "catsvdogs-minio-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for MinIO: %w", err)
	}
	s := &Server{Name: "MinIO", Addr: "http://" + addrs[0], AccessKey: user}
	s.ready = answers(s.Addr + "/minio/health/ready")
	return begin(ctx, s, supervise.Program{
		Path: filepath.Join(dir, "minio"), Args: []string{"server", "--address", addrs[0], data},
		Env: []string{"MINIO_ROOT_USER=" + user, "MINIO_ROOT_PASSWORD_FILE=" + passwordFile}, Scratch: scratch,
	})
}

func fetchMinIO(ctx context.Context, dir string) error {
	return command(ctx, dir, []string{"GOBIN=" + dir, "GOFLAGS=", "GOWORK=off"}, "go", "install", "github.com/minio/minio@"+minioVersion)
}
