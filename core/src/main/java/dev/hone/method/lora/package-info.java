/** Low-rank adaptation (Hu et al. 2021, arXiv:2106.09685) in PEFT's files. */
@NullMarked
package dev.hone.method.lora;

import org.jspecify.annotations.NullMarked;
