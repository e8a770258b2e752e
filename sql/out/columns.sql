-- Some columns of a table, in the order of its rows.
SELECT {% for column in columns %}{{ column | name }}{{ ", " if not loop.last }}{% endfor %}

FROM {{ source | name }}
