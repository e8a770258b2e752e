# R survey: log risk ratios of every indicator, mature against less mature; timed from data in memory.
# Rscript peer.R respondents.csv ratios.csv
suppressPackageStartupMessages(library(survey))
files <- commandArgs(trailingOnly = TRUE)
data <- read.csv(files[1], colClasses = c(stratum = "character", grp = "character"))
names <- grep("^y[0-9]+$", names(data), value = TRUE)
start <- proc.time()[["elapsed"]]
design <- svydesign(id = ~psu, strata = ~stratum, weights = ~weight, data = data)
found <- lapply(names, function(name) {
  shares <- svyby(reformulate(name), ~grp, design, svymean, covmat = TRUE)
  ratio <- svycontrast(shares, quote(log(mature / `less mature`)))
  c(coef(ratio), SE(ratio))
})
seconds <- proc.time()[["elapsed"]] - start
found <- do.call(rbind, found)
results <- data.frame(name = names, log_ratio = sprintf("%.17g", found[, 1]), se = sprintf("%.17g", found[, 2]))
write.csv(cbind(results, seconds = seconds), files[2], row.names = FALSE, quote = FALSE)
