package purl

import (
	"errors"
	"strings"
)

// typeGit names a repository by its host, as namespace, and its path there, as
// name.
const typeGit = "git"

// folding is which parts a type writes in lower case.
type folding struct{ namespace, name, version bool }

// foldings follow the type definitions of the specification.
var foldings = map[string]folding{
	"alpm":             {true, true, false},
	"apk":              {true, true, false},
	"bitbucket":        {true, true, false},
	"bitnami":          {true, true, false},
	"brew":             {true, true, false},
	"chrome-extension": {false, true, false},
	"composer":         {true, true, false},
	"deb":              {true, true, false},
	"git":              {true, true, false},
	"github":           {true, true, false},
	"gitlab":           {true, true, false},
	"golang":           {true, true, false},
	"hex":              {true, true, false},
	"huggingface":      {false, false, true},
	"oci":              {false, true, false},
	"pub":              {false, true, false},
	"pypi":             {false, true, false},
	"qpkg":             {true, false, false},
	"rpm":              {true, false, false},
}

// fold gives the parts the form that the type has for them.
func (p *PURL) fold() {
	if p.Type == typeGit {
		if host, path, ok := strings.Cut(p.Namespace, "/"); ok {
			p.Namespace, p.Name = host, path+"/"+p.Name
		}
	}
	f := foldings[p.Type]
	if f.namespace {
		p.Namespace = strings.ToLower(p.Namespace)
	}
	if f.name {
		p.Name = strings.ToLower(p.Name)
	}
	if f.version {
		p.Version = strings.ToLower(p.Version)
	}
	switch p.Type {
	case "pypi":
		p.Name = strings.ReplaceAll(p.Name, "_", "-")
	case "mlflow":
		// Databricks takes names in either case for one; Azure does not.
		if strings.Contains(p.Get("repository_url"), "databricks") {
			p.Name = strings.ToLower(p.Name)
		}
	}
}

// withoutNamespace is the types of which the specification forbids one.
var withoutNamespace = map[string]bool{"chrome-extension": true, "julia": true, "otp": true, "vcpkg": true}

// withNamespace is the types of which the specification demands one.
var withNamespace = map[string]bool{"swift": true, "vscode-extension": true}

// check looks at what a type demands of its purls.
func (p *PURL) check() error {
	if p.Namespace != "" && withoutNamespace[p.Type] {
		return errors.New("a purl of type " + p.Type + " has no namespace")
	}
	if p.Namespace == "" && withNamespace[p.Type] {
		return errors.New("a purl of type " + p.Type + " has a namespace")
	}
	switch p.Type {
	case "chrome-extension":
		return p.checkExtension()
	case "cpan":
		if strings.ToUpper(p.Namespace) != p.Namespace {
			return errors.New("namespace: authors are written in upper case")
		}
		if strings.Contains(p.Name, "::") {
			return errors.New("name: a distribution is named, not a module")
		}
	case "julia":
		if p.Get("uuid") == "" {
			return errors.New("qualifier uuid is missing")
		}
	}
	return nil
}

// checkExtension looks at a browser extension: 32 letters, and up to four
// numbers.
func (p *PURL) checkExtension() error {
	if len(p.Name) != 32 || strings.Trim(p.Name, "abcdefghijklmnopqrstuvwxyz") != "" {
		return errors.New("name: an extension is named by 32 letters")
	}
	if p.Version == "" {
		return nil
	}
	numbers := strings.Split(p.Version, ".")
	for _, n := range numbers {
		if n == "" || strings.Trim(n, "0123456789") != "" || len(numbers) > 4 {
			return errors.New("version: up to four numbers, with dots between them")
		}
	}
	return nil
}
