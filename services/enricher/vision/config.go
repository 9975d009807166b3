package vision

import (
	"errors"
	"fmt"
	"strings"

	"catsvdogs/services/enricher/endpoint"
)

// Config is the part of the enricher's configuration that names the model. Its flags are --vision-url, --vision-timeout
// and so on; without an address no model is asked.
type Config struct {
	Endpoint endpoint.Config `kong:"embed,prefix='vision-',set='asked=what pictures show',set='timeout=3s'"`

	VisionHosts []string `help:"Hosts whose pictures the model may be sent to fetch." default:"pbs.twimg.com,video.twimg.com,cdn.bsky.app,video.bsky.app" placeholder:"HOST"`
}

// Enabled reports whether a model is to be asked.
func (c Config) Enabled() bool { return c.Endpoint.Enabled() }

// Check lists everything that is wrong, each with its flag.
func (c Config) Check() error {
	errs := []error{c.Endpoint.Check("vision-")}
	if c.Enabled() && len(c.VisionHosts) == 0 {
		errs = append(errs, errors.New("--vision-hosts: give at least one host, or no picture is ever looked at"))
	}
	for _, host := range c.VisionHosts {
		if host == "" || strings.ToLower(host) != host || strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" {
			errs = append(errs, fmt.Errorf("--vision-hosts: %q is no host's name; give one like pbs.twimg.com, without a scheme or a port", host))
		}
	}
	return errors.Join(errs...)
}
