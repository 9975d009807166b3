// Package objectstore connects to the S3 store that holds the archive. Any S3 does; the client is minio-go.
package objectstore

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/trust"
)

// Config is the part of a service's configuration that names the object store.
type Config struct {
	S3Endpoint      string        `name:"s3-endpoint" env:"CATSVDOGS_S3_ENDPOINT" help:"S3 store." default:"${s3_endpoint=http://127.0.0.1:9000}" placeholder:"URL"`
	S3Bucket        string        `name:"s3-bucket" env:"CATSVDOGS_S3_BUCKET" help:"Bucket of the archive." default:"catsvdogs-archive"`
	S3Region        string        `name:"s3-region" env:"CATSVDOGS_S3_REGION" help:"Region of the bucket." default:"us-east-1"`
	S3AccessKey     string        `name:"s3-access-key" env:"CATSVDOGS_S3_ACCESS_KEY" help:"Access key." placeholder:"NAME"`
	S3SecretKey     config.Secret `name:"s3-secret-key" env:"CATSVDOGS_S3_SECRET_KEY" help:"Secret key." placeholder:"SECRET"`
	S3SecretKeyFile string        `name:"s3-secret-key-file" env:"CATSVDOGS_S3_SECRET_KEY_FILE" help:"File that holds the secret key." placeholder:"FILE"`
	S3CAFile        string        `name:"s3-ca-file" env:"CATSVDOGS_S3_CA_FILE" help:"Certificates of authorities (PEM) that vouch for the S3 store, besides the system's." placeholder:"FILE"`
}

// Check lists everything that is wrong.
func (c *Config) Check() error {
	var errs []error
	if u, err := url.Parse(c.S3Endpoint); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || (u.Path != "" && u.Path != "/") {
		// Not quoted: it may hold a secret.
		errs = append(errs, errors.New("--s3-endpoint: give http(s)://HOST:PORT"))
	} else if u.User != nil {
		errs = append(errs, errors.New("--s3-endpoint: a URL ends up in logs, so give the keys by their own flags"))
	} else if u.Scheme == "http" && c.S3CAFile != "" {
		errs = append(errs, errors.New("--s3-ca-file: is for encrypted connections; give an --s3-endpoint with https"))
	}
	if _, err := trust.TLS(c.S3CAFile); err != nil {
		errs = append(errs, fmt.Errorf("--s3-ca-file: %w", err))
	}
	if c.S3Bucket == "" {
		errs = append(errs, errors.New("--s3-bucket: give a name"))
	}
	secret, err := config.SecretFrom(c.S3SecretKey, c.S3SecretKeyFile)
	if err != nil {
		errs = append(errs, fmt.Errorf("--s3-secret-key-file: %w", err))
	} else if c.S3AccessKey != "" && secret == "" {
		errs = append(errs, errors.New("--s3-secret-key-file: an access key is given but no secret key; give the file that holds it, or --s3-secret-key"))
	}
	return errors.Join(errs...)
}

// Connect returns a client. It does not touch the network.
func Connect(c Config) (*minio.Client, error) {
	u, err := url.Parse(c.S3Endpoint)
	if err != nil {
		return nil, fmt.Errorf("parse the address of the object store: %w", err)
	}
	secret, err := config.SecretFrom(c.S3SecretKey, c.S3SecretKeyFile)
	if err != nil {
		return nil, err
	}
	secure := u.Scheme == "https"
	transport, err := minio.DefaultTransport(secure)
	if err != nil {
		return nil, fmt.Errorf("set up the client of the object store: %w", err)
	}
	if transport.TLSClientConfig, err = trust.TLS(c.S3CAFile); err != nil {
		return nil, err
	}
	client, err := minio.New(u.Host, &minio.Options{
		Creds:     credentials.NewStaticV4(c.S3AccessKey, secret.Reveal(), ""),
		Secure:    secure,
		Transport: transport,
		Region:    c.S3Region,
		// The callers retry, with their own bounds; the client's ten tries inside each of theirs would multiply.
		MaxRetries: 1,
	})
	if err != nil {
		return nil, fmt.Errorf("set up the client of the object store: %w", err)
	}
	return client, nil
}
