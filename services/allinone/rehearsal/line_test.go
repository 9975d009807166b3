package rehearsal

import (
	"io"
	"net"
	"sync/atomic"
	"testing"
)

// echo says everything again that it is told.
func echo(t *testing.T) string {
	t.Helper()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(c, c)
				_ = c.Close()
			}()
		}
	}()
	return ln.Addr().String()
}

func TestALineThatIsCutHasNoConnectionUntilItIsMended(t *testing.T) {
	t.Parallel()
	var l Line
	at := echo(t)
	c, err := l.Dial(t.Context(), "tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	var hits atomic.Int64
	l.Cut(func() { hits.Add(1) })
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("a connection lives on")
	}
	if _, err := l.Dial(t.Context(), "tcp", at); err == nil || hits.Load() != 2 {
		t.Errorf("%v, %d hits", err, hits.Load())
	}
	l.Mend()
	c, err = l.Dial(t.Context(), "tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
}

func TestWhatIsFrozenGoesOnWhenItThaws(t *testing.T) {
	t.Parallel()
	var l Line
	c, err := l.Dial(t.Context(), "tcp", echo(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	met := make(chan struct{}, 9)
	l.Freeze(func() { met <- struct{}{} })
	answered := make(chan string, 1)
	go func() {
		_, _ = c.Write([]byte("x"))
		got := make([]byte, 1)
		_, _ = io.ReadFull(c, got)
		answered <- string(got)
	}()
	<-met
	select {
	case <-answered:
		t.Fatal("something moves")
	default:
	}
	l.Thaw()
	if got := <-answered; got != "x" {
		t.Errorf("%q", got)
	}
}
