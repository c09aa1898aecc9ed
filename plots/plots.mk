# The figures of one run. Only what changed is done again: tables when there are newer
# checkpoints, figures when a table or a script is newer.
#
#     make -f plots/plots.mk [RUN=runs/NAME] [BIN=build/bin] [XSCALE=log] [FIGURES="heads compose"]
#
# RUN      the run's folder; default as for the programs: $INDUCT_RUN, the current folder if it is a
#          run, ckpts/, the newest below runs/
# BIN      where the programs are; default $INDUCT_BIN, else build/bin
# XSCALE   linear (default) or log: the axis of epochs
# FIGURES  which figures; default all that the model has
# EPOCHS   which checkpoints get a profile of accuracy by period; default: a handful
# PERIODS  the periods of that profile; default 5 to half the context
# EVERY    checkpoints that are intervened on, as --epochs takes them; default ::STEP, at most 61
# GRID     donors and targets of the grafts' heat map, the same way; default at most 14 of each
# CAUSES   the periods of ablations and dropped terms; default the middle trained and those outside
# HEAD     the head grafted; default the once strongest previous-token head
# FROM     its epoch, in the figure of the study; default the best outside the trained periods
# SEQUENCES  sequences behind an intervention's figure; default 32
#
# Tables go to RUN/tables, figures to RUN/figures. Everything is written under another name and
# then renamed, so an interrupted step leaves nothing half done; -j2 is fine.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.SUFFIXES:
# This folder, for the shell in quotes; escaped for make, should its path hold a blank. (It is the
# first file that make reads, so that the list is its name alone, with a blank before it or none.)
blank := $() $()
PLOTS := $(shell file='$(MAKEFILE_LIST)'; [[ $$file != " "* ]] || file=$${file:1}; \
    cd "$$(dirname "$$file")" && pwd)/
HERE := $(subst $(blank),\ ,$(PLOTS))

ifndef INDUCT_PLOTS_RUN
# ---- In the caller's folder: find the run, then go there, where no path has a blank in it. -----

ifeq ($(RUN),)
RUN := $(shell bash '$(PLOTS)run.sh')
endif
BIN ?= $(or $(INDUCT_BIN),build/bin)
export GNUPLOT ?= gnuplot
.PHONY: all
all:
	@test -n '$(RUN)' || exit 1; \
	 test -d '$(RUN)' || { echo "plots: $(RUN): no such folder" >&2; exit 1; }; \
	 test -x '$(BIN)/induct-score' || \
	     { echo "plots: no programs in $(BIN): make build" >&2; exit 1; }; \
	 command -v $(GNUPLOT) >/dev/null || { echo "plots: no $(GNUPLOT): make setup" >&2; exit 1; }; \
	 export INDUCT_PLOTS_RUN='$(RUN)' INDUCT_PLOTS_FROM="$$PWD" INDUCT_PLOTS_BIN="$$(cd '$(BIN)' && pwd)"; \
	 $(MAKE) --no-print-directory -C '$(RUN)' -f '$(PLOTS)plots.mk'

else
# ---- In the run's folder. ----------------------------------------------------------------------

export RUN := $(INDUCT_PLOTS_RUN)
export XSCALE ?= linear
# A program runs where make was called, so that its command line reads as one would type it.
program = cd "$$INDUCT_PLOTS_FROM" && "$$INDUCT_PLOTS_BIN"/$(1) "$$RUN"

# One listing, however long the series.
checkpoints := $(shell ls -U | awk -v want=last -f '$(PLOTS)epochs.awk')
ifeq ($(checkpoints),)
$(error plots: $(RUN): no checkpoint (epoch-N.safetensors))
endif
newest := $(shell ls -t | grep -m1 '^epoch-[0-9]*\.safetensors$$')
pick = $(shell ls -U | awk -v want=$(1) -f '$(PLOTS)epochs.awk')
EPOCHS ?= $(call pick,profile)
config := $(wildcard config.json)
ask = $(shell awk -v want=$(1) -f '$(PLOTS)run.awk' $(or $(config),/dev/null))
PERIODS ?= $(call ask,periods)
SCORE_PERIOD := $(call ask,score)
comma := ,
stride = $(shell ls -U | awk -v want=stride -v most=$(1) -f '$(PLOTS)epochs.awk')
EVERY ?= $(call stride,61)
GRID ?= $(call stride,14)
CAUSES ?= $(call ask,causes)
SEQUENCES ?= 32
outside := $(call ask,outside)
# The two longest: there the trained offsets are missed most.
longest := $(shell echo '$(outside)' | tr ',' '\n' | sort -n | tail -n 2 | paste -sd, -)

# Which figures there are: all, those of models with several layers, those of runs with a log.
known := heads periods norms spectrum circuit compose ablate split bump graft training formation \
    study pattern
FIGURES ?= $(known)
ifneq ($(filter-out $(known),$(FIGURES)),)
$(error plots: no figure $(filter-out $(known),$(FIGURES)); there are: $(known))
endif
unlogged := $(if $(wildcard metrics.tsv),,training formation study)
single := $(if $(filter 1,$(call ask,layers)),compose split bump graft study)
whole := $(if $(call ask,split),split bump)
say_left_out = $(if $(filter $(1),$(FIGURES)),\
    $(shell echo 'plots: $(RUN): $(2): no $(filter $(1),$(FIGURES))' >&2))
$(call say_left_out,$(single),one layer)
$(call say_left_out,$(filter-out $(single),$(whole)),scores cannot be split into content and position)
curves := $(filter-out $(unlogged) $(single) $(whole) pattern,$(FIGURES))
patterns := $(if $(filter pattern,$(FIGURES)),first middle last)

.PHONY: all FORCE
all: $(foreach figure,$(curves),figures/$(figure).png figures/$(figure).svg) \
    $(patterns:%=figures/pattern-%.png)
	@:

# ---- Tables. -----------------------------------------------------------------------------------

tables/scores.tsv: $(newest) | tables
	@$(call program,induct-score) --baseline --period '$(SCORE_PERIOD)' -o "$$RUN/$@"

tables/periods.tsv: $(newest) tables/.profile | tables
	@$(call program,induct-eval) --epochs '$(EPOCHS)' --periods '$(PERIODS)' -o "$$RUN/$@"

tables/norms.tsv: $(newest) | tables
	@$(call program,induct-circuit) --norms -o "$$RUN/$@"

tables/spectrum.tsv: $(newest) | tables
	@$(call program,induct-svd) -o "$$RUN/$@"

tables/circuit.tsv tables/compose.tsv: tables/%.tsv: $(newest) | tables
	@$(call program,induct-$*) -o "$$RUN/$@"

# Of interventions: a choice of checkpoints, periods and sequences.
causes = $(if $(CAUSES),--periods '$(CAUSES)')
each = --epochs '$(EVERY)' --sequences '$(SEQUENCES)'
tables/ablate.tsv: $(newest) tables/.causes | tables
	@$(call program,induct-ablate) --head 'L0H*' --each $(each) $(causes) -o "$$RUN/$@"

tables/split.tsv: $(newest) tables/.causes tables/.profile | tables
	@$(call program,induct-split) --epochs "$$(echo '$(EPOCHS)' | tr ',' '\n' | tail -n 4 | paste -sd, -)" \
	    --sequences '$(SEQUENCES)' -o "$$RUN/$@"

tables/bump.tsv: $(newest) tables/.causes | tables
	@$(call program,induct-split) --bump $(each) -o "$$RUN/$@"

tables/drop.tsv: $(newest) tables/.causes | tables
	@$(call program,induct-split) --drop pp $(each) $(causes) -o "$$RUN/$@"

# The head and its epoch by role, from the tables, unless they are named.
head = head='$(HEAD)'; head=$${head:-$$(awk -f '$(PLOTS)role.awk' tables/scores.tsv)}
from = from='$(FROM)'; from=$${from:-$$(ls -U | awk -f '$(PLOTS)best.awk' metrics.tsv -)}
tables/graft.tsv: tables/scores.tsv tables/.causes | tables
	@$(head); $(call program,induct-graft) --head "$$head" --from '$(GRID)' --into '$(GRID)' \
	    --sequences '$(SEQUENCES)' --resamples 0 $(if $(longest),--periods '$(longest)') -o "$$RUN/$@"

tables/rescue.tsv: tables/scores.tsv metrics.tsv tables/.causes | tables
	@$(head); $(from); $(call program,induct-graft) --head "$$head" --from "$$from" --into '$(EVERY)' \
	    --placebo --sequences '$(SEQUENCES)' --resamples 0 $(if $(outside),--periods '$(outside)') -o "$$RUN/$@"

# What was asked for, so that asking for something else counts as a change.
remember = @printf '%s\n' '$(1)' | cmp -s - $@ || printf '%s\n' '$(1)' >$@
tables/.causes: FORCE | tables
	$(call remember,$(EVERY) $(GRID) $(CAUSES) $(HEAD) $(FROM) $(SEQUENCES))
tables/.profile: FORCE | tables
	$(call remember,$(EPOCHS) $(PERIODS))
figures/.xscale: FORCE | figures
	$(call remember,$(XSCALE))
# What figures say of the run; config.json itself is written anew whenever training goes on.
figures/.run: FORCE | figures
	$(call remember,$(call ask,title) $(call ask,task))

# ---- Figures. ----------------------------------------------------------------------------------

common := $(addprefix $(HERE),style.gp title.gp panel.gp next.gp columns.gp labels.gp draw.sh \
    run.awk) figures/.run
on_epochs := $(addprefix $(HERE),epochs.gp shares.gp) figures/.xscale
of_heads := $(addprefix $(HERE),roles.gp strongest.gp)
of_training := $(addprefix $(HERE),metrics.gp passed.gp ood.gp)
draw = @bash '$(PLOTS)draw.sh' $(basename $(notdir $@)) $@

figures/training.png figures/training.svg: metrics.tsv $(HERE)training.gp $(common) $(on_epochs) \
    $(of_training) | figures
	$(draw) metrics.tsv

figures/heads.png figures/heads.svg: tables/scores.tsv $(HERE)heads.gp $(common) $(on_epochs) \
    $(of_heads) | figures
	$(draw) tables/scores.tsv

figures/formation.png figures/formation.svg: tables/scores.tsv metrics.tsv $(HERE)formation.gp \
    $(common) $(on_epochs) $(of_heads) $(of_training) $(HERE)leaders.gp | figures
	$(draw) tables/scores.tsv metrics.tsv

over_epochs := norms spectrum circuit compose ablate
of_table := $(over_epochs) split graft
$(foreach figure,$(of_table),figures/$(figure).png figures/$(figure).svg): \
    $(common) | figures
	$(draw) tables/$(basename $(notdir $@)).tsv
$(foreach figure,$(of_table),$(eval figures/$(figure).png figures/$(figure).svg: \
    tables/$(figure).tsv $(HERE)$(figure).gp))
$(foreach figure,$(over_epochs),$(eval figures/$(figure).png figures/$(figure).svg: \
    $(on_epochs) $(addprefix $(HERE),curves.gp heads_named.gp)))

figures/bump.png figures/bump.svg: tables/bump.tsv tables/drop.tsv $(HERE)bump.gp $(common) \
    $(on_epochs) $(addprefix $(HERE),curves.gp heads_named.gp) | figures
	$(draw) tables/bump.tsv tables/drop.tsv

splits := $(if $(whole),- -,tables/bump.tsv tables/drop.tsv)
figures/study.png figures/study.svg: metrics.tsv tables/scores.tsv tables/compose.tsv tables/rescue.tsv \
    $(filter-out -,$(splits)) $(HERE)study.gp $(common) $(on_epochs) $(of_heads) $(of_training) \
    $(addprefix $(HERE),curves.gp heads_named.gp leaders.gp) | figures
	$(draw) metrics.tsv tables/scores.tsv tables/compose.tsv $(splits) tables/rescue.tsv

figures/periods.png figures/periods.svg: tables/periods.tsv $(HERE)periods.gp $(common) \
    $(HERE)shares.gp | figures
	$(draw) tables/periods.tsv

figures/.first figures/.middle figures/.last: figures/.%: FORCE | figures
	$(call remember,$(call pick,$*))
figures/pattern-%.png: figures/.% | figures
	@$(call program,induct-pattern) --quiet --epochs "$$(cat "$$RUN/figures/.$*")" -o "$$RUN/$@" && \
	    echo "$$RUN/$@"

tables figures:
	@mkdir -p $@

endif
