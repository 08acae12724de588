"""The parameters of tactical_allocation. Made by `make docs`; do not edit."""
import re
REGEX_PATTERNS = {'^[A-Za-z0-9.^=_&-]{1,20}$(?!\\n)': re.compile('^[A-Za-z0-9.^=_&-]{1,20}\\Z(?!\\n)')}
NoneType = type(None)
def validate(data):
    if not isinstance(data, dict):
        raise ValueError
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if 'indicator' in data_keys:
            data_keys.remove('indicator')
            data__indicator = data['indicator']
            if not isinstance(data__indicator, str):
                raise ValueError
            if not (isinstance(data__indicator, str) and data__indicator == 'moving_average' or (isinstance(data__indicator, str) and data__indicator == 'volatility') or (isinstance(data__indicator, str) and data__indicator == 'momentum')):
                raise ValueError
        if 'signal_symbol' in data_keys:
            data_keys.remove('signal_symbol')
            data__signalsymbol = data['signal_symbol']
            if not isinstance(data__signalsymbol, (str, NoneType)):
                raise ValueError
            if isinstance(data__signalsymbol, str):
                if not REGEX_PATTERNS['^[A-Za-z0-9.^=_&-]{1,20}$(?!\\n)'].search(data__signalsymbol):
                    raise ValueError
        if 'risk_on_symbols' in data_keys:
            data_keys.remove('risk_on_symbols')
            data__riskonsymbols = data['risk_on_symbols']
            if not isinstance(data__riskonsymbols, (list, NoneType)):
                raise ValueError
            data__riskonsymbols_is_list = isinstance(data__riskonsymbols, (list,))
            if data__riskonsymbols_is_list:
                data__riskonsymbols_len = len(data__riskonsymbols)
                if data__riskonsymbols_len < 1:
                    raise ValueError
                if data__riskonsymbols_len > 500:
                    raise ValueError

                def fn(var):
                    return frozenset(dict(((k, fn(v)) for k, v in var.items())).items()) if hasattr(var, 'items') else tuple((fn(v) for v in var)) if isinstance(var, (dict, list)) else (bool, var) if isinstance(var, bool) else var
                if data__riskonsymbols_len > len(set((fn(data__riskonsymbols_x) for data__riskonsymbols_x in data__riskonsymbols))):
                    raise ValueError
                for data__riskonsymbols_x, data__riskonsymbols_item in enumerate(data__riskonsymbols):
                    if not isinstance(data__riskonsymbols_item, str):
                        raise ValueError
                    if isinstance(data__riskonsymbols_item, str):
                        if not REGEX_PATTERNS['^[A-Za-z0-9.^=_&-]{1,20}$(?!\\n)'].search(data__riskonsymbols_item):
                            raise ValueError
        if 'risk_on_allocation' in data_keys:
            data_keys.remove('risk_on_allocation')
            data__riskonallocation = data['risk_on_allocation']
            if not isinstance(data__riskonallocation, (int, float)) or isinstance(data__riskonallocation, bool):
                raise ValueError
            if isinstance(data__riskonallocation, (int, float)) and (not isinstance(data__riskonallocation, bool)):
                if data__riskonallocation < 0:
                    raise ValueError
                if data__riskonallocation > 1:
                    raise ValueError
        if 'risk_off_allocation' in data_keys:
            data_keys.remove('risk_off_allocation')
            data__riskoffallocation = data['risk_off_allocation']
            if not isinstance(data__riskoffallocation, (int, float)) or isinstance(data__riskoffallocation, bool):
                raise ValueError
            if isinstance(data__riskoffallocation, (int, float)) and (not isinstance(data__riskoffallocation, bool)):
                if data__riskoffallocation < 0:
                    raise ValueError
                if data__riskoffallocation > 1:
                    raise ValueError
        if 'ma_period' in data_keys:
            data_keys.remove('ma_period')
            data__maperiod = data['ma_period']
            if not isinstance(data__maperiod, int) and (not (isinstance(data__maperiod, float) and data__maperiod.is_integer())) or isinstance(data__maperiod, bool):
                raise ValueError
            if isinstance(data__maperiod, (int, float)) and (not isinstance(data__maperiod, bool)):
                if data__maperiod < 2:
                    raise ValueError
                if data__maperiod > 5000:
                    raise ValueError
        if 'ma_unit' in data_keys:
            data_keys.remove('ma_unit')
            data__maunit = data['ma_unit']
            if not isinstance(data__maunit, str):
                raise ValueError
            if not (isinstance(data__maunit, str) and data__maunit == 'sessions' or (isinstance(data__maunit, str) and data__maunit == 'months')):
                raise ValueError
        if 'momentum_period' in data_keys:
            data_keys.remove('momentum_period')
            data__momentumperiod = data['momentum_period']
            if not isinstance(data__momentumperiod, int) and (not (isinstance(data__momentumperiod, float) and data__momentumperiod.is_integer())) or isinstance(data__momentumperiod, bool):
                raise ValueError
            if isinstance(data__momentumperiod, (int, float)) and (not isinstance(data__momentumperiod, bool)):
                if data__momentumperiod < 1:
                    raise ValueError
                if data__momentumperiod > 5000:
                    raise ValueError
        if 'volatility_window' in data_keys:
            data_keys.remove('volatility_window')
            data__volatilitywindow = data['volatility_window']
            if not isinstance(data__volatilitywindow, int) and (not (isinstance(data__volatilitywindow, float) and data__volatilitywindow.is_integer())) or isinstance(data__volatilitywindow, bool):
                raise ValueError
            if isinstance(data__volatilitywindow, (int, float)) and (not isinstance(data__volatilitywindow, bool)):
                if data__volatilitywindow < 2:
                    raise ValueError
                if data__volatilitywindow > 5000:
                    raise ValueError
        if 'volatility_threshold' in data_keys:
            data_keys.remove('volatility_threshold')
            data__volatilitythreshold = data['volatility_threshold']
            if not isinstance(data__volatilitythreshold, (int, float)) or isinstance(data__volatilitythreshold, bool):
                raise ValueError
            if isinstance(data__volatilitythreshold, (int, float)) and (not isinstance(data__volatilitythreshold, bool)):
                if data__volatilitythreshold > 100:
                    raise ValueError
                if data__volatilitythreshold <= 0:
                    raise ValueError
        if 'rebalance_frequency' in data_keys:
            data_keys.remove('rebalance_frequency')
            data__rebalancefrequency = data['rebalance_frequency']
            if not isinstance(data__rebalancefrequency, str):
                raise ValueError
            if not (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'never' or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'daily') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'weekly') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'monthly') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'quarterly') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'semiannually') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'annually')):
                raise ValueError
        if data_keys:
            raise ValueError
    return data
