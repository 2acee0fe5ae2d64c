/**
 * One prompt for several tasks, each with a factor of its own (Wang et al. 2023, arXiv:2303.02861).
 */
@NullMarked
package dev.hone.method.multitaskprompttuning;

import org.jspecify.annotations.NullMarked;
