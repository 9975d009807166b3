// Package config fills a service's configuration from flags, environment and defaults. One library does flags,
// environment and help (github.com/alecthomas/kong: one struct, maintained, MIT, no dependencies); this package adds
// that all mistakes come in one message and that a misspelt variable is refused rather than passed over.
package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// EnvPrefix starts the name of every variable that is ours. The rest is the flag's name in capitals:
// --kafka-brokers is CATSVDOGS_KAFKA_BROKERS.
const EnvPrefix = "CATSVDOGS"

// Program describes a command for its help.
type Program struct {
	Name     string
	About    string            // a few sentences
	Defaults map[string]string // in place of the defaults that a shared part of a configuration names, such as kafka_brokers
}

// ErrConfig is wrapped by every error that Load returns because of what a person gave.
var ErrConfig = errors.New("configuration")

// Load fills cfg, a pointer to a struct with kong tags, from args (without the command's name), then from the
// environment, then from defaults. A variable that is set but empty counts as not set, because that is how compose
// files pass on what nobody gave. Where cfg has a method Validate() error, it is called.
//
// The error wraps ErrConfig and lists every mistake, a line each. --help prints to stdout and calls exit(0), which must
// not return.
func Load(p Program, cfg any, args []string, stdout io.Writer, exit func(int)) error {
	if err := dropEmptyVariables(); err != nil {
		return err
	}
	m := &mistakes{}
	parser, err := kong.New(cfg, append(m.mappers(),
		kong.Name(p.Name),
		kong.Description(p.About),
		kong.DefaultEnvars(EnvPrefix),
		kong.Vars(p.Defaults),
		kong.Writers(stdout, stdout),
		kong.Exit(exit),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}),
		kong.ValueFormatter(helpWithDefault),
	)...)
	if err != nil {
		return fmt.Errorf("describe the configuration of %s: %w", p.Name, err)
	}
	m.unknownVariables(parser.Model)
	args = joined(args)
	for {
		_, err := parser.Parse(args)
		if err == nil {
			break
		}
		rest, unknown := withoutUnknownFlag(args, err)
		m.add(err.Error())
		if !unknown {
			break
		}
		args = rest
	}
	return m.err()
}

// Defaults fills in the fields of cfg, a pointer to a struct with kong tags, that are still zero, from their defaults
// alone, and validates it. It is for a program that composes services and configures them itself.
func Defaults(cfg any) error {
	if err := kong.ApplyDefaults(cfg); err != nil {
		return fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return nil
}

// mistakes collects what a person got wrong. A mapper reports here instead of failing, because the library would stop
// at the first failure.
type mistakes struct{ lines []string }

func (m *mistakes) add(text string) {
	for line := range strings.SplitSeq(text, "\n") {
		if !slices.Contains(m.lines, line) {
			m.lines = append(m.lines, line)
		}
	}
}

func (m *mistakes) err() error {
	if len(m.lines) == 0 {
		return nil
	}
	return fmt.Errorf("%w:\n  %s\n--help lists the flags and their variables", ErrConfig, strings.Join(m.lines, "\n  "))
}

// helpWithDefault adds the default of a flag that shows a placeholder in its place.
func helpWithDefault(v *kong.Value) string {
	text := kong.DefaultHelpValueFormatter(v)
	if v.Default == "" || v.Tag.PlaceHolder == "" {
		return text
	}
	help := strings.TrimSuffix(v.Help, ".")
	return strings.Replace(text, help, help+", default "+v.Default, 1)
}

// joined puts a value that begins with - behind its flag with =, because the library takes it for another flag:
// --rate -1 is a mistake about the rate, not an unknown flag -1.
func joined(args []string) []string {
	var out []string
	for i := 0; i < len(args); i++ {
		next := ""
		if i+1 < len(args) {
			next = args[i+1]
		}
		if strings.HasPrefix(args[i], "--") && !strings.Contains(args[i], "=") && len(next) > 1 && next[0] == '-' && next[1] >= '0' && next[1] <= '9' {
			out = append(out, args[i]+"="+next)
			i++
			continue
		}
		out = append(out, args[i])
	}
	return out
}

// mappers returns options that make the library's own decoders for scalar values report instead of fail.
func (m *mistakes) mappers() []kong.Option {
	own := kong.NewRegistry().RegisterDefaults()
	var options []kong.Option
	for _, zero := range []any{int(0), int32(0), int64(0), uint64(0), float64(0), ""} {
		t := reflect.TypeOf(zero)
		options = append(options, kong.KindMapper(t.Kind(), m.reporting(own.ForType(t))))
	}
	duration := reflect.TypeFor[time.Duration]()
	return append(options, kong.TypeMapper(duration, m.reporting(own.ForType(duration))))
}

func (m *mistakes) reporting(inner kong.Mapper) kong.Mapper {
	return kong.MapperFunc(func(ctx *kong.DecodeContext, target reflect.Value) error {
		given := ctx.Scan.Peek().String()
		err := inner.Decode(ctx, target)
		if err == nil && ctx.Value.Enum != "" && !ctx.Value.EnumMap()[target.String()] {
			err = fmt.Errorf("must be one of %s but got %q", strings.Join(ctx.Value.EnumSlice(), ", "), given)
		}
		if err == nil || !ctx.Value.HasDefault {
			return err
		}
		m.add(fmt.Sprintf("--%s: %v", ctx.Value.Name, err))
		// Go on with the default, so that the one mistake is not reported again by what depends on the value.
		ctx.Scan = kong.ScanFromTokens(kong.Token{Type: kong.FlagValueToken, Value: ctx.Value.Default})
		return inner.Decode(ctx, target)
	})
}

// unknownVariables reports variables with our prefix that no flag knows: a typo in a compose file must not pass for a
// default.
func (m *mistakes) unknownVariables(model *kong.Application) {
	known := variablesOf(model)
	for _, name := range ownVariables() {
		if !slices.Contains(known, name) {
			m.add(fmt.Sprintf("%s is set but means nothing to %s", name, model.Name))
		}
	}
}

// Variables returns the names of the environment variables that fill cfg, a pointer to a struct with kong tags, sorted.
func Variables(cfg any) ([]string, error) {
	parser, err := kong.New(cfg, kong.DefaultEnvars(EnvPrefix))
	if err != nil {
		return nil, fmt.Errorf("describe the configuration %T: %w", cfg, err)
	}
	return variablesOf(parser.Model), nil
}

func variablesOf(model *kong.Application) []string {
	var names []string
	for _, group := range model.AllFlags(false) {
		for _, flag := range group {
			names = append(names, flag.Envs...)
		}
	}
	slices.Sort(names)
	return names
}

func ownVariables() []string {
	var names []string
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, EnvPrefix+"_") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func dropEmptyVariables() error {
	for _, name := range ownVariables() {
		if os.Getenv(name) == "" {
			if err := os.Unsetenv(name); err != nil {
				return fmt.Errorf("drop the empty variable %s: %w", name, err)
			}
		}
	}
	return nil
}

// withoutUnknownFlag returns args without the flag that err calls unknown, and without its value, so that parsing can
// go on and find the other mistakes.
func withoutUnknownFlag(args []string, err error) ([]string, bool) {
	rest, found := strings.CutPrefix(err.Error(), "unknown flag ")
	if !found {
		return nil, false
	}
	name, _, _ := strings.Cut(rest, ",")
	for i, arg := range args {
		flag, _, hasValue := strings.Cut(arg, "=")
		if flag != name {
			continue
		}
		end := i + 1
		if !hasValue && end < len(args) && !strings.HasPrefix(args[end], "-") {
			end++
		}
		return slices.Concat(args[:i], args[end:]), true
	}
	return nil, false
}
