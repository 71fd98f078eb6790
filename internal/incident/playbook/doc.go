// Package playbook reads, checks and runs playbooks in the form of CACAO 2.0, the
// Collaborative Automated Course of Action Operations standard of OASIS.
//
// Begin with [Parse], which reads one, [Lint], which tells what is wrong with
// one, and [Fold], which tells from a run's acts how far it has come. A run is
// nothing but its acts, which are documents of the ledger and are only ever
// added; [Run.Next] says which acts follow by themselves. So a run that was
// stopped anywhere goes on where it was.
//
// # What is executed
//
// People do the work: a step is ended by somebody who says that it was done. A
// command of type http-api can be sent by the node where its operator allows the
// host. Commands for shells and for other machines are never executed. They are
// shown to whoever is to run them.
//
// # What our playbooks say beside the standard
//
// An extension of ours ([ExtensionID]) says for a step who must approve it, which
// clock of an incident it must keep to, and in which phase of the response it is.
package playbook
