// Package system holds the kinds of what a machine as a whole is set to: settings and modules
// of its kernel, names of other machines, jobs, what is mounted, its name,
// its time zone and locales, and which program a name stands for. Most of them are kept in a table of /etc, which other
// programs and people edit, too, and many count at once, so that a kind sees to both. A kind
// touches its machine through a resource.Host only. What edits tables is files.Item; the
// package knows no other kinds.
//
// Read the files in this order; each file calls only what is in the files after it.
//
//	kinds.go
//	swapend.go swapplan.go swapmake.go swapread.go swap.go
//	mountend.go mountplan.go mountmake.go mountline.go mountsource.go mountoptions.go mount.go
//	fstab.go
//	hostsplan.go hostsentry.go
//	sysctlplan.go sysctlfiles.go sysctl.go
//	cronplan.go cron.go
//	kernelmoduleend.go kernelmoduleplan.go kernelmodule.go
//	hostnameplan.go hostname.go
//	timezoneend.go timezone.go
//	localeend.go localeplan.go locale.go
//	alternativesend.go alternativesplan.go alternativesshown.go alternativeslinks.go
//	alternativesruns.go alternativesfarm.go alternativesgroup.go alternatives.go
//	kernelkeeps.go
//	table.go
package system
