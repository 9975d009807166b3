// Command dashboards makes what follows from the dashboards' YAML. `make dashboards` runs it twice: with -compiler it
// compiles and notes the fingerprints of what went in and came out; without, built anew with what was compiled, it writes
// catsvdogs.ndjson for the contest that ships. It is a tool of those who change the dashboards; nothing that runs needs it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"catsvdogs/kibana"
	"catsvdogs/services/pipeline/contest"
)

func main() {
	dir := flag.String("dir", "kibana", "folder of the dashboards")
	file := flag.String("contest", "contest.yaml", "contest to write the file for")
	compiler := flag.String("compiler", "", "kb-dashboard, to compile with")
	flag.Parse()
	var err error
	if *compiler != "" {
		err = compile(*compiler, *dir)
	} else {
		err = write(*dir, *file)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "dashboards:", err)
		os.Exit(1)
	}
}

// compile notes the fingerprints itself, so that nobody can without having compiled.
func compile(compiler, dir string) error {
	cmd := exec.CommandContext(context.Background(), compiler, "compile", "--format", "elastic-integrations",
		"--input-dir", filepath.Join(dir, "dashboards"), "--output-dir", filepath.Join(dir, "compiled"))
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("compile: %w", err)
	}
	sums, err := kibana.Fingerprints(os.DirFS(dir))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "compiled", "SHA256SUMS"), sums, 0o644); err != nil {
		return fmt.Errorf("write the fingerprints: %w", err)
	}
	return nil
}

func write(dir, file string) error {
	c, err := contest.Load(file)
	if err != nil {
		return err
	}
	objects, err := kibana.Objects(c)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "catsvdogs.ndjson"), kibana.NDJSON(objects), 0o644); err != nil {
		return fmt.Errorf("write the dashboards: %w", err)
	}
	return nil
}
