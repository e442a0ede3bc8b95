// Command temporal-server is a whole Temporal server in one process: every service, SQLite and the Web UI.
//
// It exists for machines that have Go and package registries but no Temporal CLI (the CLI cannot be installed with
// `go install`: its go.mod holds a `replace`). It takes those flags of `temporal server start-dev` that we pass, under
// the same names, so that either binary can be started in the same way. For development and tests only.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand"
	"net"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"
	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	uioptions "github.com/temporalio/ui-server/v2/server/server_options"
	uiversion "github.com/temporalio/ui-server/v2/server/version"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/headers"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/metrics"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/schema/sqlite"
	"go.temporal.io/server/temporal"
	"google.golang.org/protobuf/types/known/durationpb"
)

const (
	clusterName = "active"
	// A closed journey stays readable for a quarter; the server's own default for development is one day.
	retention = 90 * 24 * time.Hour
	// A stop that takes longer is cut short. SQLite loses nothing by it, and whoever asked us to stop is waiting.
	stopWithin = 3 * time.Second
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "temporal-server:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 1 && args[0] == "--version" {
		fmt.Printf("temporal-server (Server %s, UI %s)\n", headers.ServerVersion, uiversion.UIVersion)
		return nil
	}
	if len(args) < 2 || args[0] != "server" || args[1] != "start-dev" {
		return errors.New("usage: temporal-server --version | temporal-server server start-dev [flags]")
	}
	opts, err := parseFlags(args[2:])
	if err != nil {
		return err
	}

	// Listened for before anything is written, so that a signal never cuts the creation of the database in two.
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	go exitWithParent(os.Getppid())

	server, err := opts.newServer()
	if err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return err
	}
	if !opts.headless {
		go opts.serveUI()
	}

	<-stop
	time.AfterFunc(stopWithin, func() { os.Exit(0) })
	return server.Stop()
}

// exitWithParent ends this process when the one that started it is gone, even if that was killed and could not stop us.
// Asking is the one way that also works on macOS; PR_SET_PDEATHSIG moreover fires when only the parent's thread ends.
func exitWithParent(parent int) {
	for os.Getppid() == parent {
		time.Sleep(250 * time.Millisecond)
	}
	os.Exit(0)
}

type options struct {
	ip               string
	port             int
	uiPort           int
	metricsPort      int
	headless         bool
	dbFilename       string
	logLevel         string
	logFormat        string
	namespaces       []string
	searchAttributes map[string]enums.IndexedValueType
	dynamicConfig    dynamicconfig.StaticClient
}

func parseFlags(args []string) (*options, error) {
	opts := &options{
		namespaces:       []string{"default"},
		searchAttributes: map[string]enums.IndexedValueType{},
		// What is registered can be used at once, as in the CLI's development server; a cache would hide it for minutes.
		dynamicConfig: dynamicconfig.StaticClient{
			dynamicconfig.ForceSearchAttributesCacheRefreshOnRead.Key(): true,
			dynamicconfig.FrontendPersistenceMaxQPS.Key():               10000,
			dynamicconfig.HistoryPersistenceMaxQPS.Key():                45000,
		},
	}
	flags := flag.NewFlagSet("server start-dev", flag.ContinueOnError)
	flags.StringVar(&opts.ip, "ip", "127.0.0.1", "address to listen on")
	flags.IntVar(&opts.port, "port", 7233, "port of the gRPC frontend")
	flags.IntVar(&opts.uiPort, "ui-port", 0, "port of the Web UI (default: --port + 1000)")
	flags.IntVar(&opts.metricsPort, "metrics-port", 0, "port of the Prometheus endpoint /metrics (default: none)")
	flags.BoolVar(&opts.headless, "headless", false, "no Web UI")
	flags.StringVar(&opts.dbFilename, "db-filename", "", "SQLite file, created if missing (default: in memory)")
	flags.StringVar(&opts.logLevel, "log-level", "warn", "debug, info, warn, error or never")
	flags.StringVar(&opts.logFormat, "log-format", "pretty", "pretty or json")
	flags.Func("namespace", "further namespace to create, beside `default`", opts.addNamespace)
	flags.Func("search-attribute", "search attribute to create, as `Name=Type`", opts.addSearchAttribute)
	flags.Func("dynamic-config-value", "dynamic configuration, as `key=JSON`", opts.addDynamicConfig)
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if opts.uiPort == 0 {
		opts.uiPort = opts.port + 1000
	}
	return opts, nil
}

func (o *options) addNamespace(name string) error {
	if name != "default" {
		o.namespaces = append(o.namespaces, name)
	}
	return nil
}

func (o *options) addSearchAttribute(pair string) error {
	name, typeName, _ := strings.Cut(pair, "=")
	valueType, err := enums.IndexedValueTypeFromString(typeName)
	if err != nil {
		return err
	}
	o.searchAttributes[name] = valueType
	return nil
}

func (o *options) addDynamicConfig(pair string) error {
	key, text, _ := strings.Cut(pair, "=")
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		return fmt.Errorf("the value of %s is not JSON: %w", key, err)
	}
	// Settings of type int refuse the float64 that JSON gives.
	if whole, err := strconv.Atoi(text); err == nil {
		value = whole
	}
	o.dynamicConfig[dynamicconfig.MakeKey(key)] = value
	return nil
}

func (o *options) newServer() (temporal.Server, error) {
	// The server panics on a port that is taken; this says so in one line.
	ports := []int{o.port, o.metricsPort}
	if !o.headless {
		ports = append(ports, o.uiPort)
	}
	for _, port := range ports {
		if err := checkPortFree(o.ip, port); err != nil {
			return nil, err
		}
	}
	conf, err := o.serverConfig()
	if err != nil {
		return nil, err
	}
	hosts := map[primitives.ServiceName]static.Hosts{}
	for name, service := range conf.Services {
		hosts[primitives.ServiceName(name)] = static.SingleLocalHost(o.address(service.RPC.GRPCPort))
	}
	return temporal.NewServer(
		temporal.WithConfig(conf),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(hosts),
		temporal.WithLogger(o.logger()),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper {
			return authorization.NewNoopClaimMapper()
		}),
		temporal.WithDynamicConfigClient(o.dynamicConfig),
	)
}

func (o *options) serverConfig() (*config.Config, error) {
	database, err := o.openDatabase()
	if err != nil {
		return nil, err
	}
	conf := &config.Config{
		Global: config.Global{
			Membership: config.Membership{MaxJoinDuration: 30 * time.Second, BroadcastAddress: o.ip},
		},
		Persistence: config.Persistence{
			DefaultStore:     "sqlite",
			VisibilityStore:  "sqlite",
			NumHistoryShards: 1,
			DataStores:       map[string]config.DataStore{"sqlite": {SQL: database}},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {
					Enabled:                true,
					InitialFailoverVersion: 1,
					RPCAddress:             o.address(o.port),
					ClusterID:              uuid.NewString(),
				},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Archival: config.Archival{
			History:    config.HistoryArchival{State: "disabled"},
			Visibility: config.VisibilityArchival{State: "disabled"},
		},
		NamespaceDefaults: config.NamespaceDefaults{
			Archival: config.ArchivalNamespaceDefaults{
				History:    config.HistoryArchivalNamespaceDefaults{State: "disabled"},
				Visibility: config.VisibilityArchivalNamespaceDefaults{State: "disabled"},
			},
		},
		PublicClient: config.PublicClient{HostPort: o.address(o.port)},
		Services:     map[string]config.Service{},
	}
	if o.metricsPort != 0 {
		conf.Global.Metrics = &metrics.Config{
			Prometheus: &metrics.PrometheusConfig{ListenAddress: o.address(o.metricsPort), HandlerPath: "/metrics"},
		}
	}
	ports, err := freePorts(o.ip, 3)
	if err != nil {
		return nil, err
	}
	for name, port := range map[primitives.ServiceName]int{
		primitives.FrontendService: o.port,
		primitives.HistoryService:  ports[0],
		primitives.MatchingService: ports[1],
		primitives.WorkerService:   ports[2],
	} {
		conf.Services[string(name)] = config.Service{RPC: config.RPC{GRPCPort: port, BindOnIP: o.ip}}
	}
	return conf, nil
}

// openDatabase says where the server keeps its data, after having created there what is missing: the file with its
// tables, and the namespaces.
func (o *options) openDatabase() (*config.SQL, error) {
	database := &config.SQL{
		PluginName:        sqliteplugin.PluginName,
		DatabaseName:      strconv.Itoa(rand.Int()),
		ConnectAttributes: map[string]string{"mode": "memory", "cache": "shared"},
	}
	if o.dbFilename != "" {
		if err := createDatabaseFile(o.dbFilename); err != nil {
			return nil, err
		}
		database.DatabaseName = o.dbFilename
		// With a write-ahead log a commit costs no fsync and still outlives this process being killed.
		database.ConnectAttributes = map[string]string{"mode": "rw", "journal_mode": "wal", "synchronous": "normal"}
	}
	for _, name := range o.namespaces {
		namespace, err := sqlite.NewNamespaceConfig(clusterName, name, false, o.searchAttributes)
		if err != nil {
			return nil, err
		}
		namespace.Detail.Config.Retention = durationpb.New(retention)
		if err := sqlite.CreateNamespaces(database, namespace); err != nil {
			return nil, err
		}
	}
	return database, nil
}

// createDatabaseFile sets up the tables in a file of another name first: a start that was killed half-way would
// otherwise leave a database that no later start can use.
func createDatabaseFile(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	unfinished := path + ".new"
	if err := os.Remove(unfinished); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	schema := &config.SQL{
		PluginName:        sqliteplugin.PluginName,
		DatabaseName:      unfinished,
		ConnectAttributes: map[string]string{"mode": "rwc"},
	}
	if err := sqlite.SetupSchema(schema); err != nil {
		return fmt.Errorf("cannot create %s: %w", path, err)
	}
	return os.Rename(unfinished, path)
}

func (o *options) serveUI() {
	ui := uiserver.NewServer(uioptions.WithConfigProvider(&uiconfig.Config{
		Host:                o.ip,
		Port:                o.uiPort,
		TemporalGRPCAddress: o.address(o.port),
		EnableUI:            true,
		CORS:                uiconfig.CORS{CookieInsecure: true},
		HideLogs:            true,
		DisableNewsFetch:    true,
	}))
	if err := ui.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "temporal-server: Web UI:", err)
		os.Exit(1)
	}
}

func (o *options) logger() log.Logger {
	if o.logLevel == "never" {
		return log.NewNoopLogger()
	}
	format := "console"
	if o.logFormat == "json" {
		format = "json"
	}
	return log.NewZapLogger(log.BuildZapLogger(log.Config{Level: o.logLevel, Format: format}))
}

func (o *options) address(port int) string {
	return net.JoinHostPort(o.ip, strconv.Itoa(port))
}

func checkPortFree(ip string, port int) error {
	listener, err := net.Listen("tcp", net.JoinHostPort(ip, strconv.Itoa(port)))
	if err != nil {
		return err
	}
	return listener.Close()
}

// freePorts finds ports for the inner services. All are held before the first is let go, so that they differ.
func freePorts(ip string, count int) ([]int, error) {
	var ports []int
	for range count {
		listener, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
		if err != nil {
			return nil, err
		}
		defer listener.Close()
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}
