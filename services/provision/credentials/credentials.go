// Package credentials makes, at the stack's first start, the secrets by which its parts know each other, and gives each
// part a folder with those alone that it needs, in files that only its user can read:
//
//	vault/            every secret; mounted by nothing but this
//	sink/             elasticsearch, s3 (kafka.pem, kafka.key, kafka-ca.pem)
//	elasticsearch/    elastic
//	…
//
// A secret that is there stays. What a reader gets is written again at each start, so a folder that was lost is whole
// again; a vault that was lost makes new secrets, which package provision then puts on the servers. It needs the right to
// give files away (CAP_CHOWN) and no network, and owns no account on any server.
package credentials

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Config is what the credentials are made with.
type Config struct {
	Dir   string `help:"Folder that holds the vault and, by its name, each reader's folder; those readers that have none get nothing." default:"/credentials" placeholder:"FOLDER"`
	TLS   bool   `name:"tls" help:"Make certificates for Kafka's connections, too."`
	Hosts string `help:"Names and addresses of the Kafka brokers, for their certificate." default:"kafka,kafka-2,kafka-3,localhost,127.0.0.1" placeholder:"HOST,…"`
	Show  string `help:"Print this secret of the vault, and do nothing else; 'names' lists them." placeholder:"NAME"`

	// Give makes a file a user's; nil for os.Chown, which takes the right to.
	Give func(path string, uid, gid int) error `kong:"-"`

	// Out receives what is shown or made; nil is standard output.
	Out io.Writer `kong:"-"`
}

// Validate lists everything that is wrong.
func (c *Config) Validate() error {
	var errs []error
	if !filepath.IsAbs(c.Dir) {
		errs = append(errs, fmt.Errorf("--dir: give an absolute path, not %q", c.Dir))
	}
	if c.Show != "" && c.Show != filepath.Base(c.Show) {
		errs = append(errs, errors.New("--show: give the name of a secret; 'names' lists them"))
	}
	if c.TLS && len(c.hosts()) == 0 {
		errs = append(errs, errors.New("--hosts: give the names of the brokers"))
	}
	return errors.Join(errs...)
}

func (c *Config) hosts() []string {
	return slices.DeleteFunc(strings.Split(c.Hosts, ","), func(h string) bool { return h == "" })
}

// Run makes what is missing in the vault and hands out to each reader what is its own, or shows a secret. Several may run
// at the same time. What it prints names files and no secret, but for --show.
func Run(_ context.Context, cfg Config) error {
	out := cfg.Out
	if out == nil {
		out = os.Stdout
	}
	give := cfg.Give
	if give == nil {
		give = os.Chown
	}
	v := vault{filepath.Join(cfg.Dir, "vault")}
	if cfg.Show != "" {
		return v.show(out, cfg.Show)
	}
	if err := v.open(); err != nil {
		return err
	}
	secrets, err := v.secrets()
	if err != nil {
		return err
	}
	files := handouts(secrets)
	if cfg.TLS {
		certified, err := v.certificates(cfg.hosts())
		if err != nil {
			return err
		}
		files = append(files, certified...)
	}
	given := map[string]int{}
	for _, f := range files {
		folder := filepath.Join(cfg.Dir, f.reader.name)
		if _, err := os.Stat(folder); errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err := deliver(folder, f, give); err != nil {
			return fmt.Errorf("give %s its %s: %w", f.reader.name, f.name, err)
		}
		given[f.reader.name]++
	}
	for _, r := range readers {
		if n := given[r.name]; n > 0 {
			_, _ = fmt.Fprintf(out, "%s: %d files, which only user %d can read\n", r.name, n, r.uid)
		}
	}
	return nil
}
