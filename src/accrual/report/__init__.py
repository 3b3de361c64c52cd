"""The report of a virtual trial: figures with their numbers as tables, one page, tables for other programs.

Comes in: a `Simulation`. Goes out: words, figures, a page of HTML that stands alone, files. Refuses: a file of no known
form. The web page shows the same parts.

    words     what the names in a simulation mean, in words of ours (catalogs: `accrual.message`)
    figure    a figure: axes, marks in shares of the plot, and the same numbers as a table
    design_figures, course_figures   the figures of a simulation
    screening who would be screened in
    sheet     a simulation laid out: sentences, rows and figures in their order
    page      one page of HTML: no script, nothing from the network, fit to be printed
    file      JSON, Parquet or HTML into a file, by its ending
"""
